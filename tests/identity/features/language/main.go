// Closures, defer, recover, goroutines, channels, select, iterators, deep inlining, method values,
// interfaces with embedded types, labelled loops, large frames, complex numbers, type switches.
package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"sort"
	"strings"
	"sync"
	"time"
)

type animal interface {
	Name() string
	fmt.Stringer
}

type base struct{ name string }

func (b *base) Name() string   { return b.name }
func (b base) String() string  { return "<" + b.name + ">" }
func inline1(x int) int        { return inline2(x) + 1 }
func inline2(x int) int        { return inline3(x) * 2 }
func inline3(x int) int        { return inline4(x) - 3 }
func inline4(x int) int        { return x ^ 5 }
func (d *dog) Bark(n int) int  { return n + len(d.name) }
func variadic(v ...any) string { return fmt.Sprint(v...) }

type dog struct {
	*base
	legs [4]struct{ length float32 }
}

func deferred() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("recovered: %v", r)
		}
	}()
	for i := range 3 {
		defer func(n int) { fmt.Println("deferred", n, i) }(i * 10)
	}
	var m map[string]int
	m["x"] = 1
	return nil
}

func counter() (func() int, func()) {
	n := 0
	return func() int { n++; return n }, func() { n = 0 }
}

func fibonacci() iter.Seq2[int, uint64] {
	return func(yield func(int, uint64) bool) {
		a, b := uint64(0), uint64(1)
		for i := 0; yield(i, a); i++ {
			a, b = b, a+b
		}
	}
}

func pipeline(ctx context.Context, n int) int {
	in, out := make(chan int), make(chan int, 4)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for v := range in {
				select {
				case out <- v * v:
				case <-ctx.Done():
					return
				}
			}
		})
	}
	go func() {
		defer close(in)
		for i := range n {
			in <- i
		}
	}()
	go func() { wg.Wait(); close(out) }()
	sum := 0
	for v := range out {
		sum += v
	}
	return sum
}

//go:noinline
func largeFrame(seed byte) int {
	var buf [64 << 10]byte
	buf[int(seed)*7] = seed
	n := 0
	for _, b := range buf {
		n += int(b)
	}
	return n
}

func classify(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case int, int8, uint64:
		return fmt.Sprintf("integer %v", v)
	case error:
		return "error " + v.Error()
	case animal:
		return "animal " + v.Name()
	case func(int) int:
		return fmt.Sprint("function ", v(1))
	case []string:
		return strings.Join(v, "+")
	case complex128:
		return fmt.Sprint(real(v) * imag(v))
	}
	return "other"
}

func main() {
	d := &dog{base: &base{"rex"}}
	next, reset := counter()
	next()
	reset()
	bark := d.Bark
	fmt.Println(next(), bark(2), (*dog).Bark(d, 3), inline1(len(os.Args)), largeFrame(3), variadic(1, "a", nil))
	fmt.Println(deferred())
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	fmt.Println(pipeline(ctx, 10))
outer:
	for i, f := range fibonacci() {
		for j := range i {
			if f > 1000 && j > 2 {
				break outer
			}
		}
	}
	words := []string{"c", "a", "b"}
	sort.Slice(words, func(i, j int) bool { return words[i] < words[j] })
	for _, v := range []any{nil, 1, int8(2), errors.New("e"), d, bark, words, 1 + 2i, struct{}{}} {
		fmt.Println(classify(v))
	}
}
