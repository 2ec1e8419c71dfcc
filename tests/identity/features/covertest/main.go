// The test binary of `go test -cover`: counters of one package, written when the test ends.
package main

import "fmt"

func half(n int) int {
	if n%2 != 0 {
		return 0
	}
	return n / 2
}

func main() {
	fmt.Println(half(4))
}
