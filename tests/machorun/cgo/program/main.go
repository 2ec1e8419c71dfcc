// program is Go with C in it: calls both ways, threads that C makes, and what C programs use of libSystem. What it prints
// does not depend on the system.
package main

// #cgo LDFLAGS: -lm
// #include "c_half.h"
import "C"

import (
	"fmt"
	"net"
	"os"
	"os/user"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

var calls atomic.Int64

//export goDouble
func goDouble(x C.int) C.int {
	if calls.Add(1)%16 == 0 {
		runtime.GC()
	}
	return 2 * x
}

func main() {
	s := C.CString("hello")
	C.c_print(s, 42, 2.5)
	C.free(unsafe.Pointer(s))

	fmt.Println("C calls Go:", C.c_call(20))
	var wg sync.WaitGroup
	var sum atomic.Int64
	for i := range 50 {
		wg.Go(func() { sum.Add(int64(C.c_call(C.int(i)))) })
	}
	wg.Wait()
	fmt.Println("from goroutines:", sum.Load())
	for range 5 { // of which nothing may be left over
		fmt.Println("from threads of C:", C.c_threads(20))
	}

	_, err := C.c_open_nothing()
	fmt.Println(err)
	for i, f := range []func() C.int{
		func() C.int { return C.c_files() },
		func() C.int { return C.c_locks() },
		func() C.int { return C.c_thread_data() },
		func() C.int { return C.c_text() },
		func() C.int { return C.c_numbers() },
		func() C.int { return C.c_directory() },
		func() C.int { return C.c_stack() },
		func() C.int { return C.c_signals() },
		func() C.int { return C.c_terminal() },
		func() C.int { return C.c_system() },
		func() C.int { return C.c_jumps() },
	} {
		if line := f(); line != 0 {
			fmt.Printf("part %d: line %d of c_half.c\n", i, line)
		}
	}

	check(os.Setenv("MACHORUN_CGO", "from Go"))
	name := C.CString("MACHORUN_CGO")
	fmt.Println(C.GoString(C.getenv(name)))
	C.free(unsafe.Pointer(name))
	addrs, err := net.LookupHost("localhost")
	fmt.Println(len(addrs) > 0, err)
	u, err := user.Current()
	check(err)
	fmt.Println(u.Username, u.Uid, u.HomeDir)
	C.c_exit_with(7) // writes out what C has printed
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
