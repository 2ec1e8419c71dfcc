module feature

go 1.26
