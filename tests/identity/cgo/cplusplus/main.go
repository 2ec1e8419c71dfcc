// A C++ library: templates and inline functions in groups of sections (COMDAT), constructors of variables, exceptions,
// virtual functions, and the C++ library.
package main

// #cgo CXXFLAGS: -std=c++17
// extern int total(void);
// extern const char *caught(int n);
import "C"

func main() {
	println(C.total(), C.GoString(C.caught(3)), C.GoString(C.caught(-1)))
}
