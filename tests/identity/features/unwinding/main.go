// Unwinding looks up functions in the tables that the file has for the system, where it has such tables.
package main

import "fmt"

func main() {
	if err := unwinding(); err != nil {
		panic(err)
	}
	fmt.Println("unwinding ok")
}
