module gild/tests/identity

go 1.26
