module gild/tests/unit/oracle

go 1.26
