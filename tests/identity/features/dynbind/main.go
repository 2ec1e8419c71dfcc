// Addresses of dynamic imports in data: binds outside the GOT.
package main

//go:cgo_import_dynamic libc_getppid getppid "/usr/lib/libSystem.B.dylib"
//go:cgo_import_dynamic libc_strlen strlen "/usr/lib/libSystem.B.dylib"
//go:cgo_import_dynamic z_version zlibVersion "/usr/lib/libz.1.dylib"

func pointers() [3]uintptr

func main() {
	for _, p := range pointers() {
		println(p != 0)
	}
}
