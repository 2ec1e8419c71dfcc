// Assembly: data of every kind, functions with and without frames, calls both ways between the
// ABIs, addresses of functions in data, static symbols, a jump table.
package main

import (
	"fmt"

	"feature/asmabi/table"
)

var words [4]uint64 // defined in data.s

func add(a, b int) int
func callGo(x int) int
func readOnly() uint64
func viaTable(i int) int
func external() int

//go:noinline
func fromAssembly(x int) int { return x*2 + 1 }

func main() {
	fmt.Println(add(1, 2), callGo(20), readOnly(), words, viaTable(0), viaTable(1), external())
	f := add
	fmt.Println(f(3, 4), table.Sum(), table.Exported())
}
