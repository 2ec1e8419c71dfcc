// signals_unix.go - a signal that the program sends to itself.

//go:build unix

package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func signals() error {
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGUSR1)
	defer signal.Stop(got)
	if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
		return err
	}
	select {
	case s := <-got:
		return expect("signal", s, os.Signal(syscall.SIGUSR1))
	case <-time.After(10 * time.Second):
		return errors.New("no signal came")
	}
}
