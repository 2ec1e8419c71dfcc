// signals_windows.go - this system has no signals that a program sends to itself; but it can be told of those that others send.

package main

import (
	"fmt"
	"os"
	"os/signal"
)

func signals() error {
	got := make(chan os.Signal, 1)
	signal.Notify(got, os.Interrupt)
	signal.Stop(got)
	select {
	case s := <-got:
		return fmt.Errorf("signal %v came", s)
	default:
		return nil
	}
}
