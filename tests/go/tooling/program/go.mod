module example.com/tooling

go 1.26
