// C++ that both files instantiate: groups of sections of which the first counts.
package main

// #cgo CXXFLAGS: -std=c++17 -fno-rtti -fno-exceptions
// extern int first(int n);
// extern int second(int n);
import "C"

func main() { println(C.first(3), C.second(4)) }
