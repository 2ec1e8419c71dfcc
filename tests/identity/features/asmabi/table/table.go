// Package table has data in assembly that its Go code sums.
package table

var values [4]int32

// Exported is in assembly, and called by Go and by assembly of another package.
func Exported() int

// Sum adds the values.
func Sum() (s int32) {
	for _, v := range values {
		s += v
	}
	return s
}
