// stress is a program for macOS that leans on all of machorun's shim: threads, signals, the collector, timers, files,
// children, sockets, TLS. What it prints does not depend on the system, so the build for Linux says what is right.
//
// Run without arguments it does all but the verification of certificates by the system, which it does for
// "stress roots": as a child with SSL_CERT_FILE set, which both Go on Linux and the shim's OpenSSL read.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		debug.PrintStack()
		os.Exit(1)
	}
}

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "child":
			child()
		case "roots":
			roots()
		case "verify":
			verify(os.Args[2])
		}
		return
	}
	for _, part := range []struct {
		name string
		run  func()
	}{
		{"panics", panics},
		{"collector", collector},
		{"preemption", preemption},
		{"timers", timers},
		{"files", files},
		{"children", children},
		{"signals", signals},
		{"sockets", sockets},
		{"datagrams", datagrams},
		{"http", web},
		{"queues", queues},
		{"users", users},
	} {
		fmt.Println("==", part.name)
		part.run()
	}
}

// recovered runs f and returns what it panicked with.
func recovered(f func()) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	f()
	return ""
}

func panics() {
	var p *struct{ pad, field [100]int }
	var zero int
	var none map[string]int
	fmt.Println(recovered(func() { fmt.Println(p.field[7]) }))
	fmt.Println(recovered(func() { fmt.Println(1 / zero) }))
	fmt.Println(recovered(func() { none["a"] = 1 }))
	var all atomic.Int64
	var wg sync.WaitGroup
	for range 8 { // on many threads at once
		wg.Go(func() {
			for range 200 {
				if strings.Contains(recovered(func() { p.field[0]++ }), "nil pointer") {
					all.Add(1)
				}
			}
		})
	}
	wg.Wait()
	fmt.Println("recovered", all.Load())
}

func collector() {
	var wg sync.WaitGroup
	var n atomic.Int64
	for range 100 {
		wg.Go(func() {
			m := map[int][]byte{}
			for k := range 400 {
				m[k] = make([]byte, k*9)
			}
			n.Add(int64(len(m)))
		})
	}
	for range 5 {
		runtime.GC()
	}
	wg.Wait()
	debug.FreeOSMemory()
	stack(20000)
	fmt.Println("allocated", n.Load())
}

// stack makes the stack of its goroutine grow.
func stack(depth int) int {
	var pad [64]byte
	if depth == 0 {
		return int(pad[0])
	}
	return stack(depth-1) + int(pad[depth%64])
}

func preemption() {
	old := runtime.GOMAXPROCS(1)
	var stop atomic.Bool
	for range 2 {
		go func() {
			for !stop.Load() { // no call: only a signal stops it
			}
		}()
	}
	time.Sleep(20 * time.Millisecond)
	stop.Store(true)
	runtime.GOMAXPROCS(old)
	fmt.Println("went on")
}

func timers() {
	start := time.Now()
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() { time.Sleep(time.Duration(i) * time.Millisecond) })
	}
	wg.Wait()
	<-time.After(30 * time.Millisecond)
	ticker := time.NewTicker(2 * time.Millisecond)
	for range 5 {
		<-ticker.C
	}
	ticker.Stop()
	fmt.Println("slept", time.Since(start) >= 58*time.Millisecond)
}

func files() {
	dir, err := os.MkdirTemp("", "stress")
	check(err)
	defer os.RemoveAll(dir)
	for i := range 40 {
		check(os.WriteFile(filepath.Join(dir, fmt.Sprintf("file%02d", i)), make([]byte, i), 0o640))
	}
	check(os.Symlink("file07", filepath.Join(dir, "link")))
	check(os.MkdirAll(filepath.Join(dir, "a/b/c"), 0o750))
	entries, err := os.ReadDir(dir)
	check(err)
	for _, e := range entries[30:] {
		fmt.Println(e.Name(), e.Type())
	}
	info, err := os.Stat(filepath.Join(dir, "link"))
	check(err)
	fmt.Println(info.Name(), info.Size(), info.Mode())
	moment := time.Date(2020, 2, 3, 4, 5, 6, 7000, time.UTC)
	check(os.Chtimes(filepath.Join(dir, "file01"), moment, moment))
	info, err = os.Lstat(filepath.Join(dir, "file01"))
	check(err)
	fmt.Println(info.ModTime().UTC())
	_, err = os.Stat(filepath.Join(dir, "nothing"))
	fmt.Println(errors.Is(err, os.ErrNotExist), errors.Is(os.Mkdir(dir, 0o700), os.ErrExist))
	fmt.Println(errors.Is(os.Remove(filepath.Join(dir, "a")), syscall.ENOTEMPTY))
	f, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	check(err)
	fmt.Fprint(f, "one ")
	fmt.Fprint(f, "two")
	_, err = f.Seek(2, io.SeekStart)
	check(err)
	rest, err := io.ReadAll(f)
	check(err)
	check(f.Truncate(3))
	check(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
	info, err = f.Stat()
	check(err)
	fmt.Printf("%q %d\n", rest, info.Size())
	check(f.Close())
}

func child() {
	in, err := io.ReadAll(os.Stdin)
	check(err)
	fmt.Println(os.Args[2:], os.Getenv("STRESS"), string(in))
	os.Exit(7)
}

func children() {
	exe, err := os.Executable()
	check(err)
	for range 5 {
		cmd := exec.Command(exe, "child", "a b", "")
		cmd.Env = append(os.Environ(), "STRESS=yes")
		cmd.Stdin = strings.NewReader("input")
		out, err := cmd.CombinedOutput()
		fmt.Printf("%q %v\n", out, err)
	}
	out, err := exec.Command("/bin/sh", "-c", "echo out; kill -TERM $$").CombinedOutput()
	fmt.Printf("%q %v\n", out, err)
	err = exec.Command("/nothing/there").Run()
	fmt.Println(errors.Is(err, os.ErrNotExist))
	sleep := exec.Command("/bin/sleep", "100")
	check(sleep.Start())
	check(sleep.Process.Signal(syscall.SIGUSR1))
	fmt.Println(sleep.Wait())
}

func signals() {
	for i, s := range []syscall.Signal{syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH, syscall.SIGCHLD,
		syscall.SIGURG, syscall.SIGIO, syscall.SIGTSTP, syscall.SIGCONT, syscall.SIGALRM} {
		c := make(chan os.Signal, 100)
		signal.Notify(c, s)
		check(syscall.Kill(os.Getpid(), s))
		for got := range c {
			if got == s { // SIGURG and SIGCHLD may come from elsewhere
				break
			}
		}
		signal.Stop(c)
		fmt.Println("caught", i)
	}
	signal.Ignore(syscall.SIGHUP)
	check(syscall.Kill(os.Getpid(), syscall.SIGHUP))
	fmt.Println(signal.Ignored(syscall.SIGHUP))
}

func sockets() {
	dir, err := os.MkdirTemp("", "stress")
	check(err)
	defer os.RemoveAll(dir)
	for _, where := range [][2]string{{"tcp", "127.0.0.1:0"}, {"tcp", "[::1]:0"}, {"unix", filepath.Join(dir, "socket")}} {
		l, err := net.Listen(where[0], where[1])
		if err != nil && where[1] == "[::1]:0" {
			fmt.Println("tcp echoed 800000") // a machine without IPv6
			continue
		}
		check(err)
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() { io.Copy(c, c); c.Close() }()
			}
		}()
		var wg sync.WaitGroup
		var n atomic.Int64
		for range 8 {
			wg.Go(func() {
				c, err := net.Dial(l.Addr().Network(), l.Addr().String())
				check(err)
				go func() {
					w := bufio.NewWriter(c)
					for range 1000 {
						w.WriteString(strings.Repeat("x", 100))
					}
					check(w.Flush())
					if t, ok := c.(interface{ CloseWrite() error }); ok {
						check(t.CloseWrite())
					}
				}()
				b, err := io.Copy(io.Discard, c)
				check(err)
				n.Add(b)
			})
		}
		wg.Wait()
		fmt.Println(where[0], "echoed", n.Load())
		c, err := net.Dial(l.Addr().Network(), l.Addr().String())
		check(err)
		check(c.SetReadDeadline(time.Now().Add(10 * time.Millisecond)))
		_, err = c.Read(make([]byte, 1))
		fmt.Println(errors.Is(err, os.ErrDeadlineExceeded))
		c.Close()
		l.Close()
	}
	_, err = net.Dial("tcp", "127.0.0.1:1")
	fmt.Println(errors.Is(err, syscall.ECONNREFUSED))
	interfaces, err := net.Interfaces()
	check(err)
	for _, i := range interfaces {
		addrs, err := i.Addrs()
		check(err)
		fmt.Println(i.Name, i.Flags, i.MTU, addrs)
	}
}

func datagrams() {
	a, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	check(err)
	b, err := net.DialUDP("udp4", nil, a.LocalAddr().(*net.UDPAddr))
	check(err)
	_, err = b.Write([]byte("datagram"))
	check(err)
	buf := make([]byte, 100)
	n, from, err := a.ReadFromUDP(buf)
	check(err)
	fmt.Println(string(buf[:n]), from.String() == b.LocalAddr().String())
	a.Close()
	b.Close()

	// A descriptor goes through a socket.
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	check(err)
	r, w, err := os.Pipe()
	check(err)
	check(syscall.Sendmsg(pair[0], []byte("x"), syscall.UnixRights(int(w.Fd())), nil, 0))
	oob := make([]byte, 100)
	_, oobn, _, _, err := syscall.Recvmsg(pair[1], buf, oob, 0)
	check(err)
	messages, err := syscall.ParseSocketControlMessage(oob[:oobn])
	check(err)
	fds, err := syscall.ParseUnixRights(&messages[0])
	check(err)
	passed := os.NewFile(uintptr(fds[0]), "passed")
	fmt.Fprint(passed, "through the passed descriptor")
	passed.Close()
	w.Close()
	text, err := io.ReadAll(r)
	check(err)
	fmt.Println(string(text))
}

func web() {
	log.SetOutput(io.Discard) // a connection too many that is closed during its handshake
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Write(b)
		fmt.Fprint(w, r.URL.Path)
	})
	for _, s := range []*httptest.Server{httptest.NewServer(echo), httptest.NewTLSServer(echo)} {
		var wg sync.WaitGroup
		var n atomic.Int64
		for range 16 {
			wg.Go(func() {
				r, err := s.Client().Post(s.URL+"/path", "text/plain", strings.NewReader(strings.Repeat("z", 100000)))
				check(err)
				b, err := io.ReadAll(r.Body)
				check(err)
				check(r.Body.Close())
				n.Add(int64(len(b)))
			})
		}
		wg.Wait()
		s.Close()
		fmt.Println("received", n.Load())
	}
}

func users() {
	u, err := user.Current()
	check(err)
	groups, err := u.GroupIds()
	check(err)
	sort.Strings(groups)
	fmt.Println(u.Username, u.Uid, u.Gid, u.HomeDir, groups)
	_, err = user.Lookup("nobody-of-this-name")
	fmt.Println(err)
	host, err := os.Hostname()
	check(err)
	fmt.Println(host)
	addrs, err := net.LookupHost("localhost")
	fmt.Println(len(addrs) > 0, err)
}
