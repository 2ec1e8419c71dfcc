// Package list is a generic linked list.
package list

import "iter"

// List is a list.
type List[T any] struct {
	head *node[T]
	n    int
}

type node[T any] struct {
	value T
	next  *node[T]
}

// Key is a comparable type.
type Key[T comparable] struct{ Of T }

// Of makes a list.
func Of[T any](values ...T) *List[T] {
	l := &List[T]{}
	for _, v := range values {
		l.Push(v)
	}
	return l
}

// Push adds a value at the front.
func (l *List[T]) Push(v T) {
	l.head = &node[T]{v, l.head}
	l.n++
}

// Values yields the values.
func (l *List[T]) Values() iter.Seq[T] {
	return func(yield func(T) bool) {
		for n := l.head; n != nil; n = n.next {
			if !yield(n.value) {
				return
			}
		}
	}
}

// Map makes a slice of the results of f.
func Map[A, B any](l *List[A], f func(A) B) []B {
	var out []B
	for v := range l.Values() {
		out = append(out, f(v))
	}
	return out
}
