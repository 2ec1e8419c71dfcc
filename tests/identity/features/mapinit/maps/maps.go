// Package maps has one map that is used and two that are not.
package maps

import "os"

// Used is used.
var Used = map[string]string{"k1": "v1", "k2": "v2", "k3": "v3", "k4": "v4", "k5": "v5", "k6": "v6"}

// Unused is not used.
var Unused = map[string]string{"u1": "w1", "u2": "w2", "u3": "w3", "u4": "w4", "u5": "w5", "u6": "w6"}

// Dynamic is not used; its initialiser has side effects.
var Dynamic = map[string]string{"h": os.Getenv("HOME"), "p": os.Getenv("PATH"), "u": os.Getenv("USER")}
