// host opens a plugin, whose path is its argument.
package main

import (
	"fmt"
	"os"
	"plugin"
)

func main() {
	p, err := plugin.Open(os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	add, err := p.Lookup("Add")
	fmt.Println(add.(func(int) int)(1), err)
	s, err := p.Lookup("Stringer")
	fmt.Println(*s.(*fmt.Stringer), err)
	_, err = p.Lookup("Nothing")
	fmt.Println(err)
}
