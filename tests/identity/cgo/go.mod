module cprogram

go 1.26
