// Package push gives symbols to others.
package push

import _ "unsafe"

//go:linkname counter
var counter = 40

//go:linkname given main.pushed
func given(x int) int { return x * counter }

//go:linkname hidden
func hidden() string { return "hidden" }
