// Package b is a part of the diamond.
package b

import (
	_ "feature/initorder/d"
	"feature/initorder/log"
)

var last = next + 1
var next = log.Add("b next")

func init() { log.Add("b init") }
