// unwinding_windows_amd64.go - the table of functions that the file has for the system: it finds the function of an
// address, and the caller of a function.

package main

import (
	"fmt"
	"reflect"
	"runtime"
	"syscall"
	"unsafe"
)

var lookup = syscall.NewLazyDLL("ntdll.dll").NewProc("RtlLookupFunctionEntry")

// functionEntry is RUNTIME_FUNCTION: addresses that count from the image's.
type functionEntry struct{ begin, end, info uint32 }

// find asks the system for the entry of the function at pc.
func find(pc uintptr) (*functionEntry, uintptr, error) {
	var base uintptr
	entry, _, _ := lookup.Call(pc, uintptr(unsafe.Pointer(&base)), 0)
	if entry == 0 {
		return nil, 0, fmt.Errorf("no entry for %#x", pc)
	}
	return *(**functionEntry)(unsafe.Pointer(&entry)), base, nil
}

func check(f any) error {
	start := reflect.ValueOf(f).Pointer()
	for _, pc := range []uintptr{start, start + 5} {
		e, base, err := find(pc)
		if err != nil {
			return err
		}
		if base+uintptr(e.begin) != start || base+uintptr(e.end) <= pc {
			return fmt.Errorf("%s at %#x: entry is for %#x to %#x", runtime.FuncForPC(pc).Name(), pc, base+uintptr(e.begin), base+uintptr(e.end))
		}
		// The version in the first byte of what the entry refers to.
		info := *(*[4]byte)(add(base, e.info))
		if info[0]&7 != 1 {
			return fmt.Errorf("%s: version %d", runtime.FuncForPC(pc).Name(), info[0]&7)
		}
	}
	return nil
}

// add is a pointer to what is not Go's memory.
func add(base uintptr, off uint32) unsafe.Pointer {
	addr := base + uintptr(off)
	return *(*unsafe.Pointer)(unsafe.Pointer(&addr))
}

func unwinding() error {
	for _, f := range []any{main, fmt.Sprintln, runtime.GC, reflect.DeepEqual, syscall.Open} {
		if err := check(f); err != nil {
			return err
		}
	}
	return nil
}
