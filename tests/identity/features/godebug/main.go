// A go:debug directive becomes a -X flag of the link.
package main

import (
	"fmt"
	"runtime/debug"
)

//go:debug panicnil=1
//go:debug madvdontneed=1

func main() {
	info, ok := debug.ReadBuildInfo()
	fmt.Println(info, ok)
}
