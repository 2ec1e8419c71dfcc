// code_signature.go - checks the ad-hoc code signature of a Mach-O file.
//
// usage: go run code_signature.go FILE
//
// The layout is that of Apple's cs_blobs.h: a SuperBlob with one CodeDirectory, big-endian, at the end of __LINKEDIT and
// of the file. Each slot must hold the SHA-256 of its page.
package main

import (
	"bytes"
	"crypto/sha256"
	"debug/macho"
	"encoding/binary"
	"fmt"
	"os"
)

const lcCodeSignature = 0x1d

// directory is struct __CodeDirectory up to version 0x20400.
type directory struct {
	Magic, Length, Version, Flags, HashOff, IdentOff, SpecialSlots, CodeSlots, CodeLimit uint32
	HashSize, HashType, Platform, PageLog2                                               uint8
	Spare2, ScatterOff, TeamOff, Spare3                                                  uint32
	CodeLimit64, ExecSegBase, ExecSegLimit, ExecSegFlags                                 uint64
}

var failed bool

func expect[T comparable](what string, got, want T) {
	if got != want {
		fmt.Printf("%s: %v, expected %v\n", what, got, want)
		failed = true
	}
}

func main() {
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	file, err := macho.NewFile(bytes.NewReader(data))
	if err != nil {
		panic(err)
	}
	var start, size uint32
	for _, load := range file.Loads {
		if raw := load.Raw(); binary.LittleEndian.Uint32(raw) == lcCodeSignature {
			start, size = binary.LittleEndian.Uint32(raw[8:]), binary.LittleEndian.Uint32(raw[12:])
		}
	}
	linkedit, text := file.Segment("__LINKEDIT"), file.Segment("__TEXT")
	expect("the signature ends", int(start)+int(size), len(data))
	expect("__LINKEDIT ends", linkedit.Offset+linkedit.Filesz, uint64(len(data)))
	expect("alignment", start%16, 0)

	sig := data[start:]
	for i, want := range []uint32{0xfade0cc0, size, 1, 0, 20} {
		expect(fmt.Sprintf("word %d of the super blob", i), binary.BigEndian.Uint32(sig[4*i:]), want)
	}
	var dir directory
	binary.Read(bytes.NewReader(sig[20:]), binary.BigEndian, &dir)
	pages := (start + 4095) / 4096
	expect("code directory", dir, directory{Magic: 0xfade0c02, Length: size - 20, Version: 0x20400, Flags: 0x20002,
		HashOff: uint32(binary.Size(dir)) + 6, IdentOff: uint32(binary.Size(dir)), CodeSlots: pages, CodeLimit: start,
		HashSize: sha256.Size, HashType: 2, PageLog2: 12, ExecSegBase: text.Offset, ExecSegLimit: text.Filesz, ExecSegFlags: 1})
	expect("identifier", string(sig[20+dir.IdentOff:][:6]), "a.out\x00")
	expect("length", dir.Length, dir.HashOff+pages*sha256.Size)
	hashes := sig[20+dir.HashOff:]
	for i := range pages {
		sum := sha256.Sum256(data[i*4096 : min((i+1)*4096, start)])
		expect(fmt.Sprintf("page %d", i), fmt.Sprintf("%x", hashes[i*sha256.Size:][:sha256.Size]), fmt.Sprintf("%x", sum))
	}
	if failed {
		os.Exit(1)
	}
	fmt.Printf("%d pages\n", pages)
}
