// Package d is a part of the diamond.
package d

import (
	_ "feature/initorder/e"
	"feature/initorder/log"
)

var last = next + 1
var next = log.Add("d next")

func init() { log.Add("d init") }
