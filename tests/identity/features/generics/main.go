// Generic functions and types over several packages: dictionaries, shapes, instances made twice.
package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"feature/generics/list"
	"feature/generics/more"
)

type celsius float64

func (c celsius) String() string { return fmt.Sprintf("%.1f°C", float64(c)) }

type number interface {
	~int | ~int8 | ~uint64 | ~float64
}

func sum[T number](v ...T) (s T) {
	for _, x := range v {
		s += x
	}
	return s
}

func convert[A, B number](v []A) []B {
	out := make([]B, 0, len(v))
	for _, x := range v {
		out = append(out, B(x))
	}
	return out
}

type tree[K cmp.Ordered, V any] struct {
	left, right *tree[K, V]
	key         K
	value       V
}

func (t *tree[K, V]) insert(k K, v V) *tree[K, V] {
	if t == nil {
		return &tree[K, V]{key: k, value: v}
	}
	switch c := cmp.Compare(k, t.key); {
	case c < 0:
		t.left = t.left.insert(k, v)
	case c > 0:
		t.right = t.right.insert(k, v)
	default:
		t.value = v
	}
	return t
}

func (t *tree[K, V]) all(yield func(K, V) bool) bool {
	return t == nil || t.left.all(yield) && yield(t.key, t.value) && t.right.all(yield)
}

type stringer interface{ String() string }

func describe[T stringer](v T) string { return v.String() }

func main() {
	fmt.Println(sum(1, 2, 3), sum(1.5, 2.5), sum(celsius(1), 2), sum[int8](1, 2))
	fmt.Println(convert[int, celsius]([]int{1, 2}), convert[celsius, uint64]([]celsius{3}))
	var t *tree[string, []celsius]
	for i, s := range []string{"b", "a", "c"} {
		t = t.insert(s, []celsius{celsius(i)})
	}
	t.all(func(k string, v []celsius) bool { fmt.Println(k, v); return true })
	fmt.Println(describe(celsius(3)), describe[stringer](celsius(4)))
	l := list.Of(3, 1, 2)
	l.Push(7)
	for v := range l.Values() {
		fmt.Println(v)
	}
	fmt.Println(list.Map(l, func(i int) string { return fmt.Sprint(i * 2) }), more.Pairs(), more.Ints())
	m := map[list.Key[string]]int{{Of: "x"}: 1}
	fmt.Println(slices.Collect(maps.Keys(m)))
	var p atomic.Pointer[tree[int, string]]
	p.Store((*tree[int, string])(nil).insert(1, "one"))
	fmt.Println(p.Load().value)
}
