module gild/tests/go

go 1.26
