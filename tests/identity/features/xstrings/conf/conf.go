// Package conf has a variable that the linker sets.
package conf

// Value is set by the linker.
var Value = "default"

var dir string

// Dir is set by the linker.
func Dir() string { return dir }
