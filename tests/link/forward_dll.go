// forward_dll.go - writes a library for Windows whose only function is one of another library: a forwarder.
//
// Usage: forward_dll FILE NAME TARGET, as in bcryptprimitives.dll ProcessPrng ADVAPI32.SystemFunction036
//
// Debian's Wine lacks bcryptprimitives.dll, from which the Go runtime takes random numbers at its start. A library
// that only forwards has no code: headers, and one section with the table of exports.
package main

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"log"
	"os"
)

const (
	base       = 0x180000000
	rva        = 0x1000 // of the section,
	fileOffset = 0x200  // and its place in the file
)

// exports is the section: the directory, a list each of functions, names and ordinals, and the strings.
func exports(file, name, target string) []byte {
	const directorySize = 40
	strings := uint32(rva + directorySize + 4 + 4 + 4)
	targetAt := strings + uint32(len(file)) + 1
	nameAt := targetAt + uint32(len(target)) + 1
	var b bytes.Buffer
	for _, v := range []uint32{
		0, 0, 0, strings, 1, 1, 1, rva + directorySize, rva + directorySize + 4, rva + directorySize + 8,
		targetAt, nameAt, 0,
	} {
		binary.Write(&b, binary.LittleEndian, v)
	}
	b.WriteString(file + "\x00" + target + "\x00" + name + "\x00")
	return b.Bytes()
}

func library(section []byte) []byte {
	var b bytes.Buffer
	b.WriteString("MZ")
	b.Write(make([]byte, 0x3a))
	binary.Write(&b, binary.LittleEndian, uint32(0x40))
	b.WriteString("PE\x00\x00")
	header := pe.OptionalHeader64{
		Magic: 0x20b, ImageBase: base, SectionAlignment: 0x1000, FileAlignment: 0x200,
		MajorOperatingSystemVersion: 6, MajorSubsystemVersion: 6, SizeOfImage: 2 * rva, SizeOfHeaders: fileOffset,
		Subsystem: pe.IMAGE_SUBSYSTEM_WINDOWS_CUI, DllCharacteristics: pe.IMAGE_DLLCHARACTERISTICS_NX_COMPAT,
		NumberOfRvaAndSizes: 16,
	}
	header.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT] = pe.DataDirectory{VirtualAddress: rva, Size: uint32(len(section))}
	binary.Write(&b, binary.LittleEndian, pe.FileHeader{
		Machine: pe.IMAGE_FILE_MACHINE_AMD64, NumberOfSections: 1, SizeOfOptionalHeader: uint16(binary.Size(header)),
		Characteristics: pe.IMAGE_FILE_EXECUTABLE_IMAGE | pe.IMAGE_FILE_DLL | pe.IMAGE_FILE_LARGE_ADDRESS_AWARE,
	})
	binary.Write(&b, binary.LittleEndian, header)
	binary.Write(&b, binary.LittleEndian, pe.SectionHeader32{
		Name: [8]uint8{'.', 'e', 'd', 'a', 't', 'a'}, VirtualSize: uint32(len(section)), VirtualAddress: rva,
		SizeOfRawData: 0x200, PointerToRawData: fileOffset, Characteristics: pe.IMAGE_SCN_CNT_INITIALIZED_DATA | pe.IMAGE_SCN_MEM_READ,
	})
	b.Write(make([]byte, fileOffset-b.Len()))
	b.Write(section)
	b.Write(make([]byte, fileOffset+0x200-b.Len()))
	return b.Bytes()
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: forward_dll FILE NAME TARGET")
	}
	if err := os.WriteFile(os.Args[1], library(exports(os.Args[1], os.Args[2], os.Args[3])), 0o666); err != nil {
		log.Fatal(err)
	}
}
