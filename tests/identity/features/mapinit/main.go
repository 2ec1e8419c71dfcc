// Map variables with large initialisers: those that nothing refers to are dropped with their code.
package main

import "feature/mapinit/maps"

var used = map[string]int{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "i": 9, "j": 10}

var unused = map[string]func() int{
	"a": func() int { return 1 }, "b": func() int { return 2 }, "c": func() int { return 3 },
	"d": func() int { return 4 }, "e": func() int { return 5 }, "f": func() int { return 6 },
}

var nested = map[string]map[int][]string{"x": {1: {"a", "b"}, 2: {"c"}}, "y": {}, "z": nil}

func main() {
	println(used["c"], len(nested["x"]), maps.Used["k1"])
}
