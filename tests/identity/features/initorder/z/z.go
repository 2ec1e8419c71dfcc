// Package z is a part of the diamond.
package z

import (
	"feature/initorder/log"
)

var last = next + 1
var next = log.Add("z next")

func init() { log.Add("z init") }
