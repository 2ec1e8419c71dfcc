// gcprog.go - cmd/internal/gcprog, driven by random programs (see run for how it gets here).

package main

import (
	"encoding/binary"
	"fmt"

	"gild/tests/unit/oracle/gcprog"
)

// Operations of a case: a byte and a 32-bit operand. Positions are given relative to the bit written last.
const (
	opPtr    = 0 // a pointer after so many zero bits
	opZeros  = 1 // so many zero bits
	opRepeat = 2 // the last operand>>16 bits again, operand&0xffff times
)

type program struct {
	ops []byte
	out []byte
	w   gcprog.Writer
	bit int64
}

func (p *program) op(op byte, operand uint32) {
	p.ops = append(p.ops, op)
	p.ops = binary.LittleEndian.AppendUint32(p.ops, operand)
	switch op {
	case opPtr:
		p.w.Ptr(p.bit + int64(operand))
		p.bit += int64(operand) + 1
	case opZeros:
		p.bit += int64(operand)
		p.w.ZeroUntil(p.bit)
	case opRepeat:
		n, c := int64(operand>>16), int64(operand&0xffff)
		p.w.Repeat(n, c)
		p.bit += n * c
	}
}

func gcprogCases() {
	r := rng(2862933555777941757)
	for i := range 2000 {
		p := &program{}
		p.w.Init(func(b byte) { p.out = append(p.out, b) })
		for range r.intn(1 + r.intn(400)) {
			switch k := r.intn(20); {
			case k < 12:
				p.op(opPtr, uint32(r.intn(1+r.intn(8))))
			case k < 15:
				p.op(opPtr, uint32(r.intn(1+r.intn(80))))
			case k < 16:
				p.op(opZeros, uint32(r.intn(1+r.intn(50000))))
			case k < 17:
				p.op(opZeros, uint32(28+r.intn(8)))
			case k < 18 && p.bit > 0:
				n := 1 + r.intn(int(min(p.bit, 60000)))
				p.op(opRepeat, uint32(n)<<16|uint32(r.intn(1+r.intn(60000))))
			case p.bit > 0:
				n := 1 + r.intn(int(min(p.bit, 140)))
				p.op(opRepeat, uint32(n)<<16|uint32(r.intn(300)))
			}
		}
		p.w.End()
		record(fmt.Sprintf("program/%d", i), p.ops, p.out)
	}
}
