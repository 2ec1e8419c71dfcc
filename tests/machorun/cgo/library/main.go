// library is loaded by a C program (../user).
package main

import "C"

//export Sum
func Sum(n C.int) C.int {
	c := make(chan int)
	for i := range int(n) {
		go func() { c <- i }()
	}
	sum := 0
	for range int(n) {
		sum += <-c
	}
	return C.int(sum)
}

func main() {}
