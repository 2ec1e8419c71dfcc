// Dynamic imports as ELF has them: symbols of versions, several of one library and of several libraries, one
// without a version, one that nothing uses, libraries that are only loaded.
package main

//go:cgo_import_dynamic libc_getppid getppid#GLIBC_2.2.5 "libc.so.6"
//go:cgo_import_dynamic libc_dlopen dlopen#GLIBC_2.34 "libc.so.6"
//go:cgo_import_dynamic libm_cos cos#GLIBC_2.2.5 "libm.so.6"
//go:cgo_import_dynamic libc_getuid getuid#GLIBC_2.2.5 "libc.so.6"
//go:cgo_import_dynamic libc_getpid getpid "libc.so.6"
//go:cgo_import_dynamic libz_unused zlibVersion#ZLIB_1.2 "libz.so.1"
//go:cgo_import_dynamic _ _ "libpthread.so.0"
//go:cgo_import_dynamic _ _ "libm.so.6"

func call() (getppid, getpid uintptr)

func addresses() [3]uintptr

func main() {
	for _, a := range addresses() {
		println(a != 0)
	}
	parent, self := call()
	println(parent != 0, parent != self)
}
