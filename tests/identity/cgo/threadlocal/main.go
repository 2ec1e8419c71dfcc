// Thread-local variables of C, and those of the C library (errno).
package main

// extern int count(void);
// extern int failing(void);
import "C"

func main() {
	_, err := C.failing()
	println(C.count(), C.count(), err.Error())
}
