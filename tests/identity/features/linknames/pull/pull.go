// Package pull takes a function of a package that it does not import.
package pull

import _ "unsafe"

//go:linkname hidden feature/linknames/push.hidden
func hidden() string

// Get returns what was pulled.
func Get() string { return hidden() }
