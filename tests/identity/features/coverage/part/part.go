// Package part has branches to count.
package part

// Classify names a number.
func Classify(i int) string {
	switch {
	case i == 0:
		return "zero"
	case i%2 == 0:
		return "even"
	}
	return "odd"
}
