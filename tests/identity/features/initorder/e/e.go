// Package e is a part of the diamond.
package e

import (
	"feature/initorder/log"
)

var last = next + 1
var next = log.Add("e next")

func init() { log.Add("e init") }
