// Package shape has the same types as its namesakes.
package shape

// T is a type.
type T struct {
	Name string
	Next *T
	List []T
}

// U is another type.
type U struct{ T }

// Area is a method.
func (t *T) Area() int { return len(t.Name) + len("a") }

// New returns values of function types and local types of the same name.
func New() any {
	type inner struct{ T }
	return []any{inner{}, &inner{}, []inner{}, U{}, &U{}, []U{}, func() { println("a") }}
}
