// Types, variables, constants and scopes that give the debug information something to describe.
package main

import (
	"fmt"
	"io"
	"unsafe"
)

type (
	enum   uint8
	alias  = map[string][]*node
	fn     func(a int, b ...string) (n int, err error)
	matrix [3][4]complex64
	bits   struct {
		A bool
		B int8
		_ [3]uint16
		C uintptr
		D unsafe.Pointer
		E struct{ io.Reader }
		F interface{ io.Writer }
		G <-chan chan<- func()
		H [0]int
		I enum
	}
	node struct {
		*node
		bits
		next, prev *node
		edges      map[enum]alias
		visit      fn
	}
	list[T any] struct {
		value T
		rest  *list[T]
	}
)

const (
	red enum = iota
	green
	blue
	huge  = 1 << 62
	ratio = 1.0 / 3
	label = "label"
)

var (
	global    node
	matrices  [2]matrix
	functions = [...]fn{visit, nil}
)

func visit(a int, b ...string) (n int, err error) {
	for i, s := range b {
		n := n + i
		if s := s + label; len(s) > a {
			t := struct{ s string }{s}
			fmt.Println(n, t)
		}
		{
			var shadow = matrix{}
			shadow[0][0] = complex(float32(i), 1)
			fmt.Println(shadow)
		}
	}
	return len(b), io.EOF
}

func main() {
	global.edges = map[enum]alias{red: {"x": nil}, green: {}, blue: nil}
	l := &list[*node]{&global, nil}
	l2 := list[list[string]]{}
	var ptr **list[*node] = &l
	n, err := functions[0](1, "a", "bc")
	fmt.Println(n, err, (*ptr).value.I, l2, matrices, huge, ratio)
}
