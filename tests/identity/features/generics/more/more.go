// Package more makes some of the instances that main makes too.
package more

import "feature/generics/list"

type pair[A, B any] struct {
	a A
	b B
}

// Ints is an instance that main has as well.
func Ints() []int { return list.Map(list.Of(1, 2), func(i int) int { return i }) }

// Pairs is an instance over a local generic type.
func Pairs() []pair[int, *list.List[string]] {
	return list.Map(list.Of("a"), func(s string) pair[int, *list.List[string]] {
		return pair[int, *list.List[string]]{len(s), list.Of(s)}
	})
}
