// Package größe has a name outside ASCII; its import path must not.
package größe

// Größe is a type.
type Größe struct{ Höhe, Breite int }

// Summe is a method.
func (g Größe) Summe() int { return g.Höhe + g.Breite }

// Π is a generic type.
type Π[T any] struct{ Τιμή T }
