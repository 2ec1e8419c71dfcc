// join_resources.go - makes one section of the two that a resource object of Microsoft's kind has, as GNU's and other
// resource compilers do.
//
// usage: go run join_resources.go IN OUT
//
// The relocations then are against the symbol of the section, and what they add to is in the bytes.
package main

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"log"
	"os"
)

func main() {
	f, err := pe.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	tree, err := f.Section(".rsrc$01").Data()
	if err != nil {
		log.Fatal(err)
	}
	leaves, err := f.Section(".rsrc$02").Data()
	if err != nil {
		log.Fatal(err)
	}
	relocs := f.Section(".rsrc$01").Relocs
	for i, r := range relocs {
		at := tree[r.VirtualAddress:]
		place := uint32(len(tree)) + f.COFFSymbols[r.SymbolTableIndex].Value
		binary.LittleEndian.PutUint32(at, binary.LittleEndian.Uint32(at)+place)
		relocs[i].SymbolTableIndex = 0
	}
	const headers = 20 + 40
	size := uint32(len(tree) + len(leaves))
	var b bytes.Buffer
	for _, part := range []any{
		pe.FileHeader{Machine: f.Machine, NumberOfSections: 1, NumberOfSymbols: 1,
			PointerToSymbolTable: headers + size + 10*uint32(len(relocs))},
		pe.SectionHeader32{Name: [8]uint8{'.', 'r', 's', 'r', 'c'}, SizeOfRawData: size, PointerToRawData: headers,
			PointerToRelocations: headers + size, NumberOfRelocations: uint16(len(relocs)),
			Characteristics: pe.IMAGE_SCN_CNT_INITIALIZED_DATA | pe.IMAGE_SCN_MEM_READ | pe.IMAGE_SCN_MEM_WRITE},
		tree, leaves, relocs,
		pe.COFFSymbol{Name: [8]uint8{'.', 'r', 's', 'r', 'c'}, SectionNumber: 1, StorageClass: 3},
		uint32(4), // no strings
	} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			log.Fatal(err)
		}
	}
	if err := os.WriteFile(os.Args[2], b.Bytes(), 0o666); err != nil {
		log.Fatal(err)
	}
}
