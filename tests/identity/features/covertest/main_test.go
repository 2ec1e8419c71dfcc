package main

import "testing"

func TestHalf(t *testing.T) {
	if half(4) != 2 {
		t.Fatal("4")
	}
}
