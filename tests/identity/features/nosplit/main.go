// Chains of functions that do not check the stack, close to the limit.
package main

//go:nosplit
func f1(x int) int { var a [8]int; a[x&7] = x; return f2(a[x&3]) + a[1] }

//go:nosplit
//go:noinline
func f2(x int) int { var a [16]int; a[x&15] = x; return f3(a[x&3]) + a[2] }

//go:nosplit
//go:noinline
func f3(x int) int { var a [12]int; a[x&7] = x; return a[x&3] }

func main() { println(f1(3)) }
