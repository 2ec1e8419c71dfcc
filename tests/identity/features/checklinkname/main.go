// A name of the runtime that may not be pulled, with the check turned off.
package main

import _ "unsafe"

//go:linkname goexits runtime.goexit0
func goexits(uintptr)

func main() {
	f := goexits
	println(f != nil)
}
