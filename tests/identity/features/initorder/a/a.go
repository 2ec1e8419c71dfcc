// Package a is a part of the diamond.
package a

import (
	_ "feature/initorder/c"
	"feature/initorder/log"
	_ "feature/initorder/z"
)

var last = next + 1
var next = log.Add("a next")

func init() { log.Add("a init") }
