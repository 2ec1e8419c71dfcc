// Packages with init functions and variables that depend on each other over a diamond of imports.
package main

import (
	_ "feature/initorder/a"
	_ "feature/initorder/b"
	"feature/initorder/log"
	_ "feature/initorder/z"
)

var first = log.Add("main first")

func init() { log.Add("main init 1") }
func init() { log.Add("main init 2") }

func main() {
	for _, s := range log.Lines {
		println(s)
	}
	println(first)
}
