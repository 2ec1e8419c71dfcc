// main.go - test cases with the answers of the Go standard library, for the unit tests of gild.
//
// The program makes inputs by fixed rules, asks the library of the release that it was compiled with, and
// writes one record per case to standard output; integers are 32 bits, little-endian:
//
//	size, name    what the case is, for messages
//	size, input   deflate, deflate6: bytes; pdqsort: one rank per element; gcprog: operations of 5 bytes; targets: exists
//	size, output  deflate, deflate6: a zlib stream; pdqsort: indexes in sorted order; gcprog: a GC program; targets: modes, traits
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
)

var out = bufio.NewWriterSize(os.Stdout, 1<<20)

func record(name string, input, output []byte) {
	for _, b := range [][]byte{[]byte(name), input, output} {
		var size [4]byte
		binary.LittleEndian.PutUint32(size[:], uint32(len(b)))
		out.Write(size[:])
		out.Write(b)
	}
}

// rng is a generator of our own, so that every release makes the same inputs.
type rng uint64

func (r *rng) next() uint64 {
	*r ^= *r << 13
	*r ^= *r >> 7
	*r ^= *r << 17
	return uint64(*r)
}

func (r *rng) intn(n int) int { return int(r.next() >> 11 % uint64(n)) }

func main() {
	topics := map[string]func(){
		"deflate": deflateCases, "deflate6": deflate6Cases, "pdqsort": pdqsortCases, "gcprog": gcprogCases, "targets": targetCases,
	}
	if len(os.Args) != 2 || topics[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: oracle deflate|deflate6|pdqsort|gcprog|targets")
		os.Exit(1)
	}
	topics[os.Args[1]]()
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}
