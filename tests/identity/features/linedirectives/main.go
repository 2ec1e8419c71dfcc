// Line directives: other file names, absolute, relative and with odd characters, and columns.
package main

import "runtime"

func where() {
	_, file, line, _ := runtime.Caller(1)
	println(file, line)
}

//line /absolute/path/other.go:100
func a() { where() }

//line relative file.y:7:3
func b() { where() }

//line ünïcode.go:65535
func c() { where(); func() { where() }() }

//line x.go:1
func main() { a(); b(); /*line inner.go:9:9*/ c() }
