// Package main has a little of what objects may hold.
package main

import "unsafe"

type shape interface {
	area() float64
	name() string
}
type square struct{ side float64 }
type named struct {
	square
	label string
	next  *named
	tags  map[string]int
}

func (s *square) area() float64 { return s.side * s.side }
func (s *square) name() string  { return "square" }
func (n *named) name() string   { return n.label }

type number interface{ ~int | ~float64 }
type list[T any] struct {
	head T
	tail *list[T]
}

func (l *list[T]) push(v T) *list[T] { return &list[T]{v, l} }

//go:noinline
func sum[T number](v ...T) (s T) {
	for _, x := range v {
		s += x
	}
	return s
}

var zeros [1 << 16]byte
var table = map[string]func(int) int{"twice": func(x int) int { return 2 * x }}
var words = []string{"one", "two", "three"}
var shapes = []shape{&square{2}, &named{label: "n"}}
var version = "unset"

func init() { words = append(words, version) }

//go:noinline
func try(f func()) (err any) {
	defer func() { err = recover() }()
	f()
	return nil
}

func main() {
	done := make(chan int)
	go func() { done <- sum(1, 2, 3) }()
	for _, s := range shapes {
		println(s.name(), s.area())
	}
	for k, f := range table {
		println(k, f(<-done))
	}
	var l *list[string]
	for _, w := range words {
		l = l.push(w)
	}
	println(l.head, sum(1.5, 2.5), unsafe.Sizeof(zeros), zeros[len(words)])
	if e, ok := try(func() { panic("p") }).(string); ok {
		println(e)
	}
}
