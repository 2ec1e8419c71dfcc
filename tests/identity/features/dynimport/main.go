// Dynamic imports from libraries of the system, called through stubs: one that the runtime imports
// as well, one that nothing uses, a library that is only loaded.
package main

//go:cgo_import_dynamic libc_getppid getppid "/usr/lib/libSystem.B.dylib"
//go:cgo_import_dynamic z_crc32 crc32 "/usr/lib/libz.1.dylib"
//go:cgo_import_dynamic cf_release CFRelease "/System/Library/Frameworks/CoreFoundation.framework/Versions/A/CoreFoundation"
//go:cgo_import_dynamic unused_symbol unusedSymbol "/usr/lib/libunused.dylib"
//go:cgo_import_dynamic _ _ "/usr/lib/libobjc.A.dylib"

func stubs() [4]uintptr

func main() {
	for _, p := range stubs() {
		println(p != 0)
	}
}
