// The same names in several objects: file-static functions and variables of two packages.
package main

/*
static int hidden(int x) { return x + 1; }
static int counter = 5;
static int next(void) { return hidden(counter++); }
*/
import "C"

import (
	"fmt"

	"cprogram/statics/other"
)

func main() {
	fmt.Println(C.next(), C.next(), other.Next(), other.Next())
}
