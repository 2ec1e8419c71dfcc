// plugin is opened by ../host.
package main

import "fmt"

var counter = 41

// Add changes a variable of the plugin.
func Add(n int) int {
	counter += n
	return counter
}

type named struct{}

func (named) String() string { return "a type of the plugin" }

// Stringer has a type that both know.
var Stringer fmt.Stringer = named{}

func main() {}
