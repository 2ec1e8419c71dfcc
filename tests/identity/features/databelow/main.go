// The data segment is below the code: the stock linker leaves it out of the file (docs/differences.md).
package main

var words = []string{"data", "below", "code"}

func main() {
	for _, w := range words {
		println(w)
	}
}
