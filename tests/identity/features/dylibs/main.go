// Imports from 14 libraries, all of them with ordinals below 16.
package main

//go:cgo_import_dynamic lib01_call call01 "/usr/lib/libexample01.dylib"
//go:cgo_import_dynamic lib02_call call02 "/usr/lib/libexample02.dylib"
//go:cgo_import_dynamic lib03_call call03 "/usr/lib/libexample03.dylib"
//go:cgo_import_dynamic lib04_call call04 "/usr/lib/libexample04.dylib"
//go:cgo_import_dynamic lib05_call call05 "/usr/lib/libexample05.dylib"
//go:cgo_import_dynamic lib06_call call06 "/usr/lib/libexample06.dylib"
//go:cgo_import_dynamic lib07_call call07 "/usr/lib/libexample07.dylib"
//go:cgo_import_dynamic lib08_call call08 "/usr/lib/libexample08.dylib"
//go:cgo_import_dynamic lib09_call call09 "/usr/lib/libexample09.dylib"
//go:cgo_import_dynamic lib10_call call10 "/usr/lib/libexample10.dylib"
//go:cgo_import_dynamic lib11_call call11 "/usr/lib/libexample11.dylib"
//go:cgo_import_dynamic lib12_call call12 "/usr/lib/libexample12.dylib"
//go:cgo_import_dynamic lib13_call call13 "/usr/lib/libexample13.dylib"
//go:cgo_import_dynamic lib14_call call14 "/usr/lib/libexample14.dylib"

var stubs [14]uintptr // defined in stubs.s

func main() { println(stubs[1] != 0) }
