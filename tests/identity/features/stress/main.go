// Stress uses what the runtime needs from the linked file beyond its code: stack maps and pointer masks (the garbage
// collector moves stacks and frees what they do not mention), tables of functions (panics, callers, deferred calls),
// type data (maps, interfaces, reflection), thread-local storage, signals and the process's entry. Every part checks
// its own result; the output is the same on every system. Where a program runs under an emulator that the kernel does
// not start by itself, RUN_WITH is the command to put in front.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "child" {
		fmt.Println("child", strings.Join(os.Args[2:], " "))
		os.Exit(7)
	}
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"goroutines", goroutines}, {"stacks", stacks}, {"garbage", garbage}, {"panics", panics}, {"callers", callers},
		{"timers", timers}, {"preemption", preemption}, {"types", types}, {"files", files}, {"processes", processes},
		{"signals", signals},
	} {
		if err := part.run(); err != nil {
			fmt.Printf("%s: %v\n", part.name, err)
			os.Exit(1)
		}
		fmt.Println(part.name, "ok")
	}
}

func expect[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s: got %v, want %v", what, got, want)
	}
	return nil
}

// goroutines passes numbers through a chain of channels and adds them up under a mutex.
func goroutines() error {
	const links, numbers = 200, 100
	first := make(chan int)
	in := first
	for range links {
		out := make(chan int, 1)
		go func(in <-chan int, out chan<- int) {
			defer close(out)
			for n := range in {
				out <- n + 1
			}
		}(in, out)
		in = out
	}
	go func() {
		defer close(first)
		for n := range numbers {
			first <- n
		}
	}()
	var mu sync.Mutex
	var wg sync.WaitGroup
	sum := 0
	for range 4 {
		wg.Go(func() {
			for n := range in {
				mu.Lock()
				sum += n
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return expect("sum", sum, numbers*(numbers-1)/2+links*numbers)
}

// deep keeps pointers in frames while the stack grows and is copied.
func deep(n int, up *int) int {
	var local [16]int
	local[n%16] = *up + 1
	if n == 0 {
		return local[0]
	}
	return deep(n-1, &local[n%16])
}

func stacks() error {
	const depth = 20000
	results := make(chan int)
	for range 8 {
		go func() {
			zero := 0
			results <- deep(depth, &zero)
		}()
	}
	for range 8 {
		if err := expect("depth", <-results, depth+1); err != nil {
			return err
		}
	}
	return nil
}

type node struct {
	left, right *node
	label       string
}

func tree(depth int) *node {
	n := &node{label: fmt.Sprint("node ", depth)}
	if depth > 0 {
		n.left, n.right = tree(depth-1), tree(depth-1)
	}
	return n
}

func (n *node) count() int {
	if n == nil {
		return 0
	}
	if !strings.HasPrefix(n.label, "node ") {
		panic("a live object was freed")
	}
	return 1 + n.left.count() + n.right.count()
}

// kept is reached from the data section only.
var kept = map[string]*node{}

func garbage() error {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	kept["tree"] = tree(12)
	var freed atomic.Int32
	for range 50 {
		n := tree(8)
		runtime.AddCleanup(n, func(f *atomic.Int32) { f.Add(1) }, &freed)
	}
	deadline := time.Now().Add(30 * time.Second)
	for freed.Load() < 40 && time.Now().Before(deadline) {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	if freed.Load() < 40 {
		return fmt.Errorf("%d of 50 objects were freed", freed.Load())
	}
	return expect("nodes", kept["tree"].count(), 1<<13-1)
}

var nowhere *node

func caught(f func()) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprint(r)
		}
	}()
	f()
	return "nothing"
}

func panics() error {
	for _, c := range []struct {
		f    func()
		want string
	}{
		{func() { panic(errors.New("mine")) }, "mine"},
		{func() { nowhere.label = "x" }, "nil pointer dereference"},
		{func() { _ = os.Args[len(os.Args)+1] }, "index out of range"},
		{func() { var m map[string]int; m["x"] = 1 }, "assignment to entry in nil map"},
		{func() { zero := len(os.Args) - len(os.Args); _ = 1 / zero }, "divide by zero"},
		{func() { var i any = "text"; _ = i.(fmt.Stringer) }, "missing method String"},
	} {
		if got := caught(c.f); !strings.Contains(got, c.want) {
			return fmt.Errorf("recovered %q, want %q", got, c.want)
		}
	}
	return nil
}

//go:noinline
func whereAmI() (string, string) {
	pc, file, line, _ := runtime.Caller(0)
	return runtime.FuncForPC(pc).Name(), fmt.Sprint(filepath.Base(file), ":", line > 0)
}

func callers() error {
	function, position := whereAmI()
	if err := expect("function", function, "main.whereAmI"); err != nil {
		return err
	}
	if err := expect("position", position, "main.go:true"); err != nil {
		return err
	}
	if trace := string(debug.Stack()); !strings.Contains(trace, "main.callers()") || !strings.Contains(trace, "main.main()") {
		return fmt.Errorf("stack: %s", trace)
	}
	return nil
}

// timers fire once, and not too early. In which order their functions run is up to the scheduler: on a busy machine they
// are late.
func timers() error {
	start := time.Now()
	early := make(chan bool)
	for _, n := range []int{3, 1, 2} {
		after := time.Duration(n) * 20 * time.Millisecond
		time.AfterFunc(after, func() { early <- time.Since(start) < after })
	}
	for range 3 {
		if <-early {
			return errors.New("a timer fired too early")
		}
	}
	select {
	case <-early:
		return errors.New("a timer fired twice")
	case <-time.After(10 * time.Millisecond):
	}
	return nil
}

// preemption has more loops without calls than processors; the collector must stop them all.
func preemption() error {
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) + 2 {
		wg.Go(func() {
			for !stop.Load() {
			}
		})
	}
	for range 3 {
		runtime.GC()
	}
	stop.Store(true)
	wg.Wait()
	return nil
}

type shape interface{ Area() float64 }
type square struct{ Side float64 }

func (s square) Area() float64 { return s.Side * s.Side }

func types() error {
	var s shape = square{3}
	v := reflect.ValueOf(s)
	area := v.MethodByName("Area").Call(nil)[0].Float()
	if err := expect("area", area, 9); err != nil {
		return err
	}
	m := reflect.MakeMap(reflect.MapOf(reflect.TypeFor[[2]string](), v.Type()))
	m.SetMapIndex(reflect.ValueOf([2]string{"a", "b"}), v)
	return expect("map", fmt.Sprint(m.Interface()), "map[[a b]:{3}]")
}

func files() error {
	dir, err := os.MkdirTemp("", "stress")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"c", "a", "b"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	names := ""
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		names += string(data)
	}
	if _, err := os.Stat(filepath.Join(dir, "d")); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("a file that is not there: %v", err)
	}
	return expect("names", names, "abc")
}

func processes() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	command := append(strings.Fields(os.Getenv("RUN_WITH")), self, "child", "one", "two")
	out, err := exec.Command(command[0], command[1:]...).Output()
	var status *exec.ExitError
	if !errors.As(err, &status) {
		return fmt.Errorf("child: %v", err)
	}
	if err := expect("status", status.ExitCode(), 7); err != nil {
		return err
	}
	return expect("output", string(out), "child one two\n")
}
