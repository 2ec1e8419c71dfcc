// Types of the same name in packages of the same name: their type strings tie, so that the order
// in the type table is decided by how the linker sorts equal keys.
package main

import (
	"fmt"

	a "feature/tiednames/a/shape"
	b "feature/tiednames/b/shape"
	c "feature/tiednames/c/shape"
)

type local interface{ Area() int }

func main() {
	for _, v := range []any{
		a.T{}, b.T{}, c.T{}, &a.T{}, &b.T{}, &c.T{}, []a.T{}, []b.T{}, []c.T{}, []*a.T{}, []*b.T{}, []*c.T{},
		map[string]a.T{}, map[string]b.T{}, map[string]c.T{}, [3]a.T{}, [3]b.T{}, [3]c.T{},
		make(chan a.T), make(chan b.T), make(chan c.T), func(a.T) {}, func(b.T) {}, func(c.T) {},
		a.New(), b.New(), c.New(), struct{ X a.T }{}, struct{ X b.T }{}, struct{ X c.T }{},
	} {
		fmt.Printf("%T\n", v)
		if l, ok := v.(local); ok {
			fmt.Println(l.Area())
		}
	}
}
