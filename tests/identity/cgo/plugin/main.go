// A program that loads plugins: nothing that a plugin may call is left out.
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
	f, err := p.Lookup("F")
	fmt.Println(f, err)
}
