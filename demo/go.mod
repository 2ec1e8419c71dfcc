module gild.example/demo

go 1.26
