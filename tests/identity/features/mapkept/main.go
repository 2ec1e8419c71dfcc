// Unused maps are kept with -pruneweakmap=false.
package main

import "feature/mapinit/maps"

var unused = map[string]int{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "i": 9, "j": 10}

func main() { println(maps.Used["k1"]) }
