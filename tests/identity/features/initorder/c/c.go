// Package c is a part of the diamond.
package c

import (
	_ "feature/initorder/d"
	_ "feature/initorder/e"
	"feature/initorder/log"
)

var last = next + 1
var next = log.Add("c next")

func init() { log.Add("c init") }
