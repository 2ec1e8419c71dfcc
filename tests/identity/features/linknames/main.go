// go:linkname: pulled, pushed, between two packages, of variables and functions, and into the runtime.
package main

import (
	"fmt"
	_ "unsafe"

	"feature/linknames/pull"
	_ "feature/linknames/push"
)

//go:linkname nanotime runtime.nanotime
func nanotime() int64

//go:linkname pushed
func pushed(int) int

//go:linkname counter feature/linknames/push.counter
var counter int

func main() {
	counter += 2
	fmt.Println(nanotime() > 0, pushed(4), counter, pull.Get())
}
