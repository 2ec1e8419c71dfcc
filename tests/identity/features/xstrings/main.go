// -X sets string variables: with and without an initial value, in main and elsewhere, twice, to
// the empty string, with a space and non-ASCII letters.
package main

import "feature/xstrings/conf"

var (
	version = "unset"
	empty   = "not empty"
	noValue string
	spaced  string
	unused  = "unused"
)

func main() {
	println(version, empty, noValue, spaced, conf.Value, conf.Dir())
}
