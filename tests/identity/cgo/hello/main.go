// The smallest program with C in it: a C function, the C library, a C string.
package main

/*
#include <stdio.h>
#include <stdlib.h>

static int add(int a, int b) { return a + b; }
static void greet(const char *who) { printf("hello, %s\n", who); fflush(stdout); }
*/
import "C"

import (
	"fmt"
	"unsafe"
)

func main() {
	who := C.CString("C")
	defer C.free(unsafe.Pointer(who))
	C.greet(who)
	fmt.Println(C.add(1, 2))
}
