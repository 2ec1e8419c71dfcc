// The data segment is below the code: the stock linker leaves it zero, and the program does not start.
package main

var words = []string{"data", "below", "code"}

func main() {
	for _, w := range words {
		println(w)
	}
}
