// Tooling is a program for debuggers and profilers: a busy function with locals of several types, called on a goroutine
// of its own while another one waits. With an argument it writes a CPU profile there.
package main

import (
	"fmt"
	"net/url"
	"os"
	"runtime/pprof"
)

type point struct {
	x, y int
	name string
}

//go:noinline
func compute(rounds int, p point) (sum int) {
	weights := []int{3, 5, 7}
	for i := range rounds {
		sum += weights[i%len(weights)]*p.x ^ p.y
	}
	return sum // breakpoint
}

func wait(stop chan bool) { <-stop }

func main() {
	if len(os.Args) > 1 {
		f, err := os.Create(os.Args[1])
		if err != nil {
			panic(err)
		}
		defer f.Close()
		pprof.StartCPUProfile(f)
		defer pprof.StopCPUProfile()
	}
	stop, sum := make(chan bool), make(chan int)
	go wait(stop)
	go func() { sum <- compute(600_000_000, point{4, 2, "origin"}) }()
	u, err := url.Parse("https://example.com/tooling")
	fmt.Println(<-sum, u.Host, err)
	close(stop)
}
