// C calls Go: exported functions, one of them with a result of two words, from C threads too.
package main

/*
#include <pthread.h>

extern int goTwice(int);
extern void goVisit(void *, int);

static int callTwice(int x) { return goTwice(x) + 1; }

static void walk(void *arg, int n) {
	for (int i = 0; i < n; i++)
		goVisit(arg, i);
}

static void *thread(void *arg) {
	walk(arg, 3);
	return 0;
}

static int walkInThread(void *arg) {
	pthread_t t;
	if (pthread_create(&t, 0, thread, arg))
		return 1;
	return pthread_join(t, 0);
}
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
	"unsafe"
)

//export goTwice
func goTwice(x C.int) C.int { return 2 * x }

//export goVisit
func goVisit(arg unsafe.Pointer, i C.int) {
	(*(*cgo.Handle)(arg)).Value().(func(int))(int(i))
}

//export goPair
func goPair(s string, n int) (string, int) { return s + s, 2 * n }

func main() {
	sum := 0
	h := cgo.NewHandle(func(i int) { sum += i })
	defer h.Delete()
	C.walk(unsafe.Pointer(&h), 5)
	fmt.Println(C.callTwice(20), sum, C.walkInThread(unsafe.Pointer(&h)), sum)
}
