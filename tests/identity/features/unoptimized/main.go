// A package compiled without optimization and without inlining.
package main

import "fmt"

func add(a, b int) int { return a + b }

func main() {
	values := []int{1, 2, 3}
	total := 0
	for _, v := range values {
		total = add(total, v)
	}
	fmt.Println(total)
}
