// sorting.go - the unstable sorts of packages sort and slices, on inputs with ties and on adversarial ones.

package main

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
)

type element struct{ rank, index uint32 }

func words(n int, word func(i int) uint32) []byte {
	b := make([]byte, 0, 4*n)
	for i := range n {
		b = binary.LittleEndian.AppendUint32(b, word(i))
	}
	return b
}

func pdqsortCase(name string, ranks []uint32) {
	a := make([]element, len(ranks))
	for i, r := range ranks {
		a[i] = element{r, uint32(i)}
	}
	b := slices.Clone(a)
	sort.Slice(a, func(i, j int) bool { return a[i].rank < a[j].rank })
	slices.SortFunc(b, func(x, y element) int { return cmp.Compare(x.rank, y.rank) })
	if !slices.Equal(a, b) {
		panic("sort.Slice and slices.SortFunc differ: " + name)
	}
	record(name, words(len(ranks), func(i int) uint32 { return ranks[i] }),
		words(len(a), func(i int) uint32 { return a[i].index }))
}

// killer makes ranks on which the sort does badly, after M. D. McIlroy, A killer adversary for quicksort,
// 1999. Ranks are given out only when two elements without rank are compared, from below, to both of them
// in random order. So the elements that are looked at for a pivot become the smallest of their range, every
// partition is bad, and heap sort takes over.
func killer(r *rng, n int) []uint32 {
	open := uint32(n)
	ranks := make([]uint32, n)
	elements := make([]int, n)
	for i := range ranks {
		ranks[i], elements[i] = open, i
	}
	next := uint32(0)
	slices.SortFunc(elements, func(x, y int) int {
		if x != y && ranks[x] == open && ranks[y] == open {
			flip := uint32(r.intn(2))
			ranks[x], ranks[y] = next+flip, next+1-flip
			next += 2
		}
		return cmp.Compare(ranks[x], ranks[y])
	})
	return ranks
}

var pdqsortMakers = []struct {
	name string
	rank func(r *rng, i, n int) uint32
}{
	{"random", func(r *rng, i, n int) uint32 { return uint32(r.next()) }},
	{"ties", func(r *rng, i, n int) uint32 { return uint32(r.intn(1 + n/3)) }},
	{"fewvalues", func(r *rng, i, n int) uint32 { return uint32(r.intn(4)) }},
	{"mostlyzero", func(r *rng, i, n int) uint32 { // as compilation units are
		if r.intn(40) != 0 {
			return 0
		}
		return uint32(r.intn(n))
	}},
	{"equal", func(r *rng, i, n int) uint32 { return 7 }},
	{"ascending", func(r *rng, i, n int) uint32 { return uint32(i) }},
	{"descending", func(r *rng, i, n int) uint32 { return uint32(n - i) }},
	{"stairs", func(r *rng, i, n int) uint32 { return uint32(i / 7) }},
	{"stairsdown", func(r *rng, i, n int) uint32 { return uint32((n - i) / 5) }},
	{"nearlysorted", func(r *rng, i, n int) uint32 {
		if r.intn(1+n/4) == 0 {
			return uint32(r.intn(n))
		}
		return uint32(i)
	}},
	{"organpipes", func(r *rng, i, n int) uint32 { return uint32(min(i, n-i)) }},
	{"valley", func(r *rng, i, n int) uint32 { return uint32(max(i, n-i)) }},
	{"sawtooth", func(r *rng, i, n int) uint32 { return uint32(i % 17) }},
	{"sawtoothlong", func(r *rng, i, n int) uint32 { return uint32(i % (1 + n/3)) }},
	{"halves", func(r *rng, i, n int) uint32 { return uint32((i * 2) % (n | 1)) }},
	{"blocks", func(r *rng, i, n int) uint32 { return uint32(i*7919%n/9*1000 + i%3) }},
}

func pdqsortCases() {
	sizes := []int{100, 127, 128, 129, 200, 255, 256, 257, 500, 1000, 4095, 4096, 5000, 20000}
	for n := range 70 {
		sizes = append(sizes, n)
	}
	r := rng(4101842887655102017)
	for _, m := range pdqsortMakers {
		for _, n := range sizes {
			ranks := make([]uint32, n)
			for i := range ranks {
				ranks[i] = m.rank(&r, i, n)
			}
			pdqsortCase(fmt.Sprintf("%s/%d", m.name, n), ranks)
		}
	}
	for _, n := range []int{13, 50, 51, 100, 500, 1000, 5000, 20000} {
		k := killer(&r, n)
		pdqsortCase(fmt.Sprintf("killer/%d", n), k)
		for i := range k { // the same with ties
			k[i] /= 3
		}
		pdqsortCase(fmt.Sprintf("killerties/%d", n), k)
		slices.Reverse(k)
		pdqsortCase(fmt.Sprintf("killerreversed/%d", n), k)
	}
	for i := range 3000 {
		n := r.intn(200)
		ranks := make([]uint32, n)
		most := 1 + r.intn(1+2*n)
		for k := range ranks {
			ranks[k] = uint32(r.intn(most))
		}
		if i%3 == 0 { // a sorted head and tail
			slices.Sort(ranks[:n/2])
			slices.Sort(ranks[n/2:])
		}
		pdqsortCase(fmt.Sprintf("short/%d", i), ranks)
	}
}
