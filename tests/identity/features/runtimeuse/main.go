// Profiles, traces, metrics, finalizers, weak pointers, unique values, stack traces, signals.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"runtime/trace"
	"unique"
	"weak"
)

func main() {
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	pprof.StartCPUProfile(os.Stdout)
	trace.Start(os.Stdout)
	defer trace.Stop()
	defer pprof.StopCPUProfile()
	v := new(int)
	runtime.SetFinalizer(v, func(*int) { println("final") })
	runtime.AddCleanup(new(int), func(s string) { println(s) }, "clean")
	w := weak.Make(v)
	fmt.Println(len(metrics.All()), w.Value() == v, unique.Make("a").Value(), string(debug.Stack()))
}
