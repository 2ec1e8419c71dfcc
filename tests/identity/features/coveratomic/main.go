// A program built with -covermode=atomic, packages of the standard library included: counters, meta data and their registration.
package main

import (
	"fmt"

	"feature/coverage/part"
)

func main() {
	for i := range 10 {
		fmt.Println(i, part.Classify(i))
	}
}
