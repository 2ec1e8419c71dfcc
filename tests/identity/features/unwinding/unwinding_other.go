//go:build !(windows && amd64)

package main

func unwinding() error { return nil }
