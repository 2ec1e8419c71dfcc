// The test binary of `go test -fuzz`: 8-bit counters of branches, comparisons that the fuzzer traces, and the symbols
// between which internal/fuzz finds the counters.
package main

import (
	"strings"
	"testing"
)

func kind(s string) string {
	switch {
	case s == "":
		return "empty"
	case strings.HasPrefix(s, "ab"):
		return "prefix"
	case len(s) > 3 && s[3] == 'x':
		return "x"
	}
	return "other"
}

func FuzzKind(f *testing.F) {
	f.Add("abc")
	f.Fuzz(func(t *testing.T, s string) {
		if kind(s) == "" {
			t.Fatal(s)
		}
	})
}
