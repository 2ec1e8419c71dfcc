// A program built with -cover: counters, meta data and their registration.
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
