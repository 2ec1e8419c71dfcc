// Kinds of relocations that a C compiler makes seldom: an assembly file that has them all.
package main

/*
long check(void);
*/
import "C"

import "fmt"

func main() {
	fmt.Println(C.check())
}
