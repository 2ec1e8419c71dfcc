// C data of all kinds: constants, tables of pointers, variables of C and Go that know each other.
package main

/*
#include "table.h"
*/
import "C"

import "fmt"

func main() {
	for i := range C.count {
		e := &C.entries[i]
		fmt.Println(C.GoString(e.name), C.apply(C.int(i), 5), float64(e.scale), *e.counter)
	}
	C.bump()
	fmt.Println(C.shared, C.sum(), C.GoString(C.message), C.big[999], C.day(3) != nil)
}
