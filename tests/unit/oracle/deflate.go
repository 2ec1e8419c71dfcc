// deflate.go - compress/zlib at BestSpeed and at its default level, on the debug information of this program and on made inputs.

package main

import (
	"bytes"
	"compress/zlib"
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// deflateLevel is that of the cases.
var deflateLevel = zlib.BestSpeed

func deflate6Cases() {
	deflateLevel = zlib.DefaultCompression
	deflateCases()
}

func deflateCase(name string, input []byte) {
	var buf bytes.Buffer
	w, err := zlib.NewWriterLevel(&buf, deflateLevel)
	if err != nil {
		panic(err)
	}
	w.Write(input)
	w.Close()
	record(name, input, buf.Bytes())
}

// Sizes around every threshold of the encoders: stored and literal-only last blocks, margins, block and
// history sizes.
func deflateSizes() []int {
	sizes := []int{0, 1, 2, 11, 12, 13, 15, 16, 17, 18, 31, 32, 33, 34, 63, 64, 127, 128, 129, 130, 255, 256,
		257, 258, 259, 261, 262, 263, 300, 500, 1000, 1023, 1024, 1025, 4000, 32767, 32768, 32769, 32770}
	for blocks := 1; blocks <= 6; blocks++ {
		for _, d := range []int{-300, -130, -2, -1, 0, 1, 2, 16, 17, 32, 33, 127, 128, 129, 300, 4097, 32768} {
			if blocks <= 2 || d >= -1 && d <= 1 || d == 128 {
				sizes = append(sizes, blocks*65535+d)
			}
		}
	}
	return sizes
}

type deflateMakerFunc func(r *rng, b []byte)

// Makers fill a buffer; each has a character of its own.
var deflateMakers = []struct {
	name string
	make deflateMakerFunc
}{
	{"zeros", func(r *rng, b []byte) {}},
	{"random", func(r *rng, b []byte) {
		for i := range b {
			b[i] = byte(r.next() >> 20)
		}
	}},
	{"nibbles", func(r *rng, b []byte) {
		for i := range b {
			b[i] = byte(r.next() >> 20 & 15)
		}
	}},
	{"geometric", func(r *rng, b []byte) { // skewed frequencies: deep Huffman trees
		for i := range b {
			x, v := r.next(), 0
			for v < 60 && x>>(v+3)&1 == 1 {
				v++
			}
			b[i] = byte(v * 7)
		}
	}},
	{"fibonacci", func(r *rng, b []byte) { // as deep as a tree can get, without matches
		var table []byte
		for f, g, v := 1, 1, 0; len(table) < 40000; f, g, v = g, f+g, v+1 {
			for range f {
				table = append(table, byte(v))
			}
		}
		for i := range b {
			b[i] = table[r.intn(len(table))]
		}
	}},
	{"words", func(r *rng, b []byte) {
		for i := 0; i < len(b); {
			w := r.intn(30) * r.intn(30)
			for k := 0; k <= w%9 && i < len(b); k++ {
				b[i] = byte('a' + (w*7+k*k*13)%26)
				i++
			}
			if i < len(b) {
				b[i] = ' '
				i++
			}
		}
	}},
	{"copies", copies(1<<15+5, 400)},
	{"farcopies", func(r *rng, b []byte) { // distances around the limit
		for i := range b {
			b[i] = byte(r.next() >> 20)
		}
		for i := 32700; i+80 < len(b); i += 20 + r.intn(60) {
			d := 32768 - 4 + r.intn(8)
			if n := 4 + r.intn(16); i >= d {
				copy(b[i:i+n], b[i-d:])
			}
		}
	}},
	{"sparse", func(r *rng, b []byte) { // hardly worth a code: a copy here and there in random bytes
		for i := range b {
			b[i] = byte(r.next() >> 20)
		}
		for i := 60; i+60 < len(b); i += 60 + r.intn(200) {
			copy(b[i:i+10+r.intn(30)], b[r.intn(20):])
		}
	}},
	{"records", func(r *rng, b []byte) { // tables of small integers, as in debug information
		for i := 0; i < len(b); i++ {
			switch i % 12 {
			case 0:
				b[i] = byte(r.intn(6))
			case 1, 5:
				b[i] = byte(r.next() >> 20)
			case 4:
				b[i] = byte(i / 12)
			case 8:
				b[i] = byte(i / 3072)
			}
		}
	}},
	{"runs", func(r *rng, b []byte) { // long matches, cut into pieces around 258 bytes
		for i := 0; i < len(b); {
			v, n := byte(r.next()>>20), 1+r.intn(3)
			if r.intn(4) == 0 {
				n = 250 + r.intn(30)
			} else if r.intn(20) == 0 {
				n = 500 + r.intn(300)
			}
			for ; n > 0 && i < len(b); n-- {
				b[i] = v
				i++
			}
		}
	}},
}

func deflateMaker(name string) deflateMakerFunc {
	for _, m := range deflateMakers {
		if m.name == name {
			return m.make
		}
	}
	panic("no maker " + name)
}

// mixed changes its character: tables are kept and dropped, and blocks stored.
func mixed(r *rng, b []byte) {
	for i := 0; i < len(b); {
		n := min(len(b)-i, 3000+r.intn(90000))
		deflateMakers[r.intn(len(deflateMakers))].make(r, b[i:i+n])
		i += n
	}
}

// copies repeats earlier pieces among fresh bytes.
func copies(far, fresh int) deflateMakerFunc {
	return func(r *rng, b []byte) {
		for i := 0; i < len(b); {
			for n := r.intn(1 + r.intn(fresh)); n >= 0 && i < len(b); n-- {
				b[i] = byte(r.next()>>20) & 63
				i++
			}
			if i == 0 {
				continue
			}
			d := 1 + r.intn(min(i, far))
			for n := 3 + r.intn(1+r.intn(60)); n > 0 && i < len(b); n-- {
				b[i] = b[i-d]
				i++
			}
		}
	}
}

func deflateCases() {
	const seed = rng(88172645463325252)
	for _, m := range deflateMakers {
		for _, size := range deflateSizes() {
			r := seed + rng(size)
			b := make([]byte, size)
			m.make(&r, b)
			deflateCase(fmt.Sprintf("%s/%d", m.name, size), b)
		}
	}
	r := seed
	for i := range 300 {
		b := make([]byte, r.intn(1+r.intn(3000)))
		deflateMakers[r.intn(len(deflateMakers))].make(&r, b)
		deflateCase(fmt.Sprintf("small/%d", i), b)
	}
	for i := range 200 { // a short last block behind one of any kind
		b := make([]byte, 65535+128+r.intn(20+r.intn(500)))
		deflateMakers[r.intn(len(deflateMakers))].make(&r, b[:65535])
		deflateMakers[r.intn(len(deflateMakers))].make(&r, b[65535:])
		deflateCase(fmt.Sprintf("tail/%d", i), b)
	}
	for i := range 300 { // behind a table that has long words for all that the last block needs
		b := make([]byte, 65535+128+r.intn(300))
		deflateMaker("geometric")(&r, b[:45000])
		deflateMaker("sparse")(&r, b[45000:50000])
		copies(32768, 40)(&r, b[50000:65535])
		if tail := b[65535:]; i%3 == 0 {
			deflateMaker("sparse")(&r, tail)
		} else {
			for k := 0; k < len(tail); k += 1 + r.intn(40) {
				tail[k] = byte(r.intn(64))
				copy(tail[k+1:], b[50000+r.intn(15000):65535])
			}
		}
		deflateCase(fmt.Sprintf("rare/%d", i), b)
	}
	for i := range 12 {
		b := make([]byte, 400000+r.intn(800000))
		mixed(&r, b)
		deflateCase(fmt.Sprintf("mixed/%d", i), b)
	}
	deflateSources()
	deflateSelf()
}

func deflateSources() {
	files, err := filepath.Glob(filepath.Join(runtime.GOROOT(), "src/runtime/*.go"))
	if err != nil {
		panic(err)
	}
	slices.Sort(files)
	var all []byte
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			panic(err)
		}
		all = append(all, b...)
	}
	deflateCase("sources", all)
}

func deflateSelf() {
	f, err := elf.Open("/proc/self/exe")
	if err != nil {
		panic(err)
	}
	for _, s := range f.Sections {
		if !strings.HasPrefix(s.Name, ".debug_") && s.Name != ".text" && s.Name != ".gopclntab" {
			continue
		}
		b, err := s.Data()
		if err != nil {
			panic(err)
		}
		deflateCase(s.Name, b)
	}
}
