// kqueue_darwin.go - uses of kqueue that Go's runtime does not make itself.

package main

import (
	"fmt"
	"os/exec"
	"syscall"
)

// wait makes the changes, waits for one event and says which it was.
func wait(kq int, changes ...syscall.Kevent_t) syscall.Kevent_t {
	var events [4]syscall.Kevent_t
	n, err := syscall.Kevent(kq, changes, events[:], &syscall.Timespec{Sec: 10})
	check(err)
	if n != 1 {
		fmt.Println("events:", n)
	}
	return events[0]
}

func queues() {
	kq, err := syscall.Kqueue()
	check(err)
	defer syscall.Close(kq)

	e := wait(kq, syscall.Kevent_t{Ident: 7, Filter: syscall.EVFILT_TIMER, Flags: syscall.EV_ADD | syscall.EV_ONESHOT, Data: 5})
	fmt.Println("timer", e.Ident, e.Data)
	e = wait(kq, syscall.Kevent_t{Ident: 8, Filter: syscall.EVFILT_TIMER, Flags: syscall.EV_ADD, Fflags: syscall.NOTE_USECONDS, Data: 1000})
	fmt.Println("repeated timer", e.Ident, e.Data > 0)
	e = wait(kq)
	fmt.Println("repeated timer", e.Ident, e.Data > 0)
	_, err = syscall.Kevent(kq, []syscall.Kevent_t{{Ident: 8, Filter: syscall.EVFILT_TIMER, Flags: syscall.EV_DELETE}}, nil, nil)
	check(err)

	// An event of the program's own: without EV_CLEAR it stays, until it is deleted.
	user := syscall.Kevent_t{Ident: 9, Filter: -10, Flags: syscall.EV_ADD}
	trigger := syscall.Kevent_t{Ident: 9, Filter: -10, Fflags: 0x1000000}
	none := syscall.Timespec{}
	_, err = syscall.Kevent(kq, []syscall.Kevent_t{user, trigger, user}, nil, nil)
	check(err)
	fmt.Println("triggered", wait(kq).Ident, wait(kq).Ident)
	user.Flags = syscall.EV_DISABLE
	n, err := syscall.Kevent(kq, []syscall.Kevent_t{user}, make([]syscall.Kevent_t, 1), &none)
	fmt.Println("disabled", n, err)
	user.Flags = syscall.EV_ENABLE
	fmt.Println("enabled", wait(kq, user).Ident)
	user.Flags = syscall.EV_DELETE
	n, err = syscall.Kevent(kq, []syscall.Kevent_t{user}, make([]syscall.Kevent_t, 1), &none)
	fmt.Println("deleted", n, err)

	cmd := exec.Command("/bin/sh", "-c", "read x; exit 3")
	in, err := cmd.StdinPipe()
	check(err)
	check(cmd.Start())
	_, err = syscall.Kevent(kq, []syscall.Kevent_t{{Ident: uint64(cmd.Process.Pid), Filter: syscall.EVFILT_PROC,
		Flags: syscall.EV_ADD, Fflags: syscall.NOTE_EXIT | syscall.NOTE_EXITSTATUS}}, nil, nil)
	check(err)
	in.Close()
	e = wait(kq)
	fmt.Println("process", e.Ident == uint64(cmd.Process.Pid), syscall.WaitStatus(e.Data).ExitStatus())
	fmt.Println(cmd.Wait())

	var p [2]int
	check(syscall.Pipe(p[:]))
	e = wait(kq, syscall.Kevent_t{Ident: uint64(p[1]), Filter: syscall.EVFILT_WRITE, Flags: syscall.EV_ADD | syscall.EV_ONESHOT})
	fmt.Println("writable", e.Ident == uint64(p[1]))
	_, err = syscall.Write(p[1], []byte("12345"))
	check(err)
	e = wait(kq, syscall.Kevent_t{Ident: uint64(p[0]), Filter: syscall.EVFILT_READ, Flags: syscall.EV_ADD})
	fmt.Println("readable", e.Ident == uint64(p[0]), e.Data)
	e = wait(kq)
	fmt.Println("still readable", e.Data)
	check(syscall.Close(p[1]))
	e = wait(kq)
	fmt.Println("closed", e.Flags&syscall.EV_EOF != 0)
	check(syscall.Close(p[0])) // and its note is gone
	n, err = syscall.Kevent(kq, nil, make([]syscall.Kevent_t, 1), &none)
	fmt.Println("events", n, err)
	_, err = syscall.Kevent(kq, []syscall.Kevent_t{{Ident: uint64(p[0]), Filter: syscall.EVFILT_READ, Flags: syscall.EV_DELETE}}, nil, nil)
	fmt.Println(err == syscall.ENOENT || err == syscall.EBADF)
	for range 1000 { // more than there can be at a time
		another, err := syscall.Kqueue()
		check(err)
		check(syscall.Close(another))
	}
}
