// macho_rebase.go - checks the rebase stream of a Mach-O file against a second link at another address.
//
// usage: go run macho_rebase.go LOW HIGH DISTANCE
//
// LOW and HIGH are the same program linked at two addresses, HIGH by DISTANCE higher. The pointers of the data
// segments are derived from the two files alone: a little-endian word that is larger by DISTANCE in HIGH. The stream
// of each file is then decoded here, independently of the linker's own code, and must name the same set. Further
// rules that dyld and the Go runtime rely on:
//
//   - every record has type "pointer" and an address in a data segment, 8-aligned, named once;
//   - the word at it points into the image;
//   - every byte of the data segments that differs between the files belongs to a named word;
//   - a pointer that is not named leads to runtime.unreachableMethod: the slot of a method that no call can reach.
//     Both linkers leave such slots alone, and nothing ever jumps through them;
//   - the contents of __TEXT do not depend on the address at all: dyld does not rebase them.
package main

import (
	"bytes"
	"cmp"
	"debug/macho"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
)

type image struct {
	path     string
	file     *macho.File
	segments []*macho.Segment
	rebase   []byte // the opcode stream
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

var failures int

func complain(format string, args ...any) {
	if failures++; failures <= 20 {
		fmt.Fprintf(os.Stderr, format+"\n", args...)
	}
}

func open(path string) *image {
	f, err := macho.Open(path)
	check(err)
	data, err := os.ReadFile(path)
	check(err)
	m := &image{path: path, file: f}
	for _, l := range f.Loads {
		raw := l.Raw()
		if s, ok := l.(*macho.Segment); ok {
			m.segments = append(m.segments, s)
		} else if binary.LittleEndian.Uint32(raw) == 0x80000022 { // LC_DYLD_INFO_ONLY
			off, size := binary.LittleEndian.Uint32(raw[8:]), binary.LittleEndian.Uint32(raw[12:])
			m.rebase = data[off : off+size]
		}
	}
	if len(m.rebase) == 0 {
		check(fmt.Errorf("%s: no rebase stream", path))
	}
	return m
}

func isData(name string) bool { return name == "__DATA" || name == "__DATA_CONST" }

// slot is a place in a segment, which does not depend on the address of the image.
type slot struct {
	segment int
	off     uint64
}

// decode runs the stream as dyld does.
func (m *image) decode() map[slot]bool {
	named := map[slot]bool{}
	var kind byte
	var at slot
	s := m.rebase
	uleb := func() uint64 {
		v, n := binary.Uvarint(s)
		if n <= 0 {
			check(fmt.Errorf("%s: bad number in the rebase stream", m.path))
		}
		s = s[n:]
		return v
	}
	do := func(times, skip uint64) {
		for ; times > 0; times-- {
			if kind != 1 {
				complain("%s: record of type %d at %v", m.path, kind, at)
			}
			if named[at] {
				complain("%s: %v is named twice", m.path, at)
			}
			named[at] = true
			at.off += 8 + skip
		}
	}
	for len(s) > 0 {
		op, imm := s[0]&0xf0, s[0]&0x0f
		s = s[1:]
		switch op {
		case 0x00: // done: only padding may follow
			if len(bytes.Trim(s, "\x00")) != 0 || len(s) > 8 {
				complain("%s: %d bytes behind the end of the rebase stream", m.path, len(s))
			}
			return named
		case 0x10:
			kind = imm
		case 0x20:
			at = slot{int(imm), uleb()}
		case 0x30:
			at.off += uleb()
		case 0x40:
			at.off += uint64(imm) * 8
		case 0x50:
			do(uint64(imm), 0)
		case 0x60:
			do(uleb(), 0)
		case 0x70:
			do(1, uleb())
		case 0x80:
			times := uleb()
			do(times, uleb())
		default:
			check(fmt.Errorf("%s: unknown opcode %#x", m.path, op))
		}
	}
	complain("%s: the rebase stream has no end mark", m.path)
	return named
}

// pointers finds the words that are larger by distance in high, and complains of other differences.
func pointers(low, high *image, distance uint64) map[slot]bool {
	found := map[slot]bool{}
	for i, seg := range low.segments {
		if !isData(seg.Name) {
			continue
		}
		a, err := seg.Data()
		check(err)
		b, err := high.segments[i].Data()
		check(err)
		if len(a) != len(b) {
			check(fmt.Errorf("%s: %d bytes in %s, %d in %s", seg.Name, len(a), low.path, len(b), high.path))
		}
		owned := make([]bool, len(a))
		for off := 0; off+8 <= len(a); off++ {
			x, y := binary.LittleEndian.Uint64(a[off:]), binary.LittleEndian.Uint64(b[off:])
			if y-x == distance && x < 1<<47 {
				found[slot{i, uint64(off)}] = true
				for k := range 8 {
					owned[off+k] = true
				}
			}
		}
		for off := range a {
			if a[off] != b[off] && !owned[off] {
				complain("%s+%#x: differs between the addresses but is no pointer", seg.Name, off)
			}
		}
	}
	return found
}

func (m *image) checkTargets(named map[slot]bool) {
	var end uint64
	for _, s := range m.segments {
		if s.Name != "__LINKEDIT" && s.Memsz > 0 {
			end = max(end, s.Addr+s.Memsz)
		}
	}
	start := m.file.Segment("__TEXT").Addr
	for at := range named {
		if at.segment >= len(m.segments) || !isData(m.segments[at.segment].Name) {
			complain("%s: %v is in no data segment", m.path, at)
			continue
		}
		seg := m.segments[at.segment]
		data, err := seg.Data()
		check(err)
		if at.off%8 != 0 || at.off+8 > uint64(len(data)) {
			complain("%s: %s+%#x is not an aligned word of the file", m.path, seg.Name, at.off)
			continue
		}
		// A pointer to the end of the image is one past its last byte.
		if v := binary.LittleEndian.Uint64(data[at.off:]); v < start || v > end {
			complain("%s: %s+%#x holds %#x, outside the image", m.path, seg.Name, at.off, v)
		}
	}
}

func sorted(set map[slot]bool) []slot {
	return slices.SortedFunc(maps.Keys(set), func(x, y slot) int {
		return cmp.Or(cmp.Compare(x.segment, y.segment), cmp.Compare(x.off, y.off))
	})
}

func (m *image) place(at slot) string {
	if at.segment >= len(m.segments) {
		return fmt.Sprintf("segment %d+%#x", at.segment, at.off)
	}
	return fmt.Sprintf("%s+%#x", m.segments[at.segment].Name, at.off)
}

// word is the contents at a slot that pointers found.
func (m *image) word(at slot) uint64 {
	data, err := m.segments[at.segment].Data()
	check(err)
	return binary.LittleEndian.Uint64(data[at.off:])
}

// symbol is the address of a Go symbol; debug/macho has taken the underscore off its name.
func (m *image) symbol(name string) uint64 {
	for _, s := range m.file.Symtab.Syms {
		if s.Name == name {
			return s.Value
		}
	}
	check(fmt.Errorf("%s: no symbol %s", m.path, name))
	return 0
}

// compareText checks that the contents of __TEXT are the same at both addresses; the headers hold addresses and differ.
func compareText(low, high *image) {
	for _, s := range low.file.Sections {
		if s.Seg != "__TEXT" {
			continue
		}
		other := high.file.Section(s.Name)
		if other == nil || other.Seg != s.Seg {
			complain("%s has no section %s", high.path, s.Name)
			continue
		}
		a, err := s.Data()
		check(err)
		b, err := other.Data()
		check(err)
		for off := range min(len(a), len(b)) {
			if a[off] != b[off] {
				complain("__TEXT,%s+%#x depends on the address of the image", s.Name, off)
				break
			}
		}
	}
}

func main() {
	if len(os.Args) != 4 {
		check(fmt.Errorf("usage: macho_rebase LOW HIGH DISTANCE"))
	}
	distance, err := strconv.ParseUint(os.Args[3], 0, 64)
	check(err)
	low, high := open(os.Args[1]), open(os.Args[2])
	if len(low.segments) != len(high.segments) || !bytes.Equal(low.rebase, high.rebase) {
		complain("segments or rebase streams differ between the addresses")
	}
	needed := pointers(low, high, distance)
	for _, m := range []*image{low, high} {
		named := m.decode()
		m.checkTargets(named)
		dead := m.symbol("runtime.unreachableMethod")
		for _, at := range sorted(named) {
			if !needed[at] {
				complain("%s: %s is named but does not move with the image", m.path, m.place(at))
			}
		}
		for _, at := range sorted(needed) {
			if !named[at] && m.word(at) != dead {
				complain("%s: %s is a pointer but not named", m.path, m.place(at))
			}
		}
	}
	compareText(low, high)
	if failures > 0 {
		fmt.Fprintf(os.Stderr, "%d failures\n", failures)
		os.Exit(1)
	}
	fmt.Printf("%d pointers named, of %d that move with the image\n", len(low.decode()), len(needed))
}
