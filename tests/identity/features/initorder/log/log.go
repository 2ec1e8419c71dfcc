// Package log records the order of initialisation.
package log

// Lines are the events.
var Lines []string

// Add adds an event.
func Add(s string) int {
	Lines = append(Lines, s)
	return len(Lines)
}
