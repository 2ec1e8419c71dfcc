// Identity is the corpus runner: it captures the link commands of real builds, links each of them
// with the stock linker and with gild, and says which outputs are the same, byte for byte.
//
// The work is in three steps, each in its own files:
//
//	sets.go, programs.go, modules.go   which programs, in which mode, with which flags: batches
//	capture.go, toolexec.go            run `go build` for a batch and keep its link commands
//	replay.go, reference.go, checks.go link what was kept with both linkers and compare
//
// Everything kept lives in the store (store.go), so that a second run only links.
// The options are described in README.md and by -help.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if dir := os.Getenv(captureDirVar); dir != "" {
		os.Exit(toolexecMain(dir, os.Args[1:]))
	}
	opt, err := parseOptions(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "identity:", err)
		os.Exit(2)
	}
	ok, err := run(opt)
	if err != nil {
		fmt.Fprintln(os.Stderr, "identity:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// pinLinker makes the run use a copy of the linker under test, so that all of its links are made by
// one build of it even if it is built again meanwhile.
func pinLinker(opt *Options, s *Store) (remove func(), err error) {
	dir, err := os.MkdirTemp(s.path("scratch"), "linker-")
	if err != nil {
		return nil, err
	}
	remove = func() { os.RemoveAll(dir) }
	pinned := filepath.Join(dir, filepath.Base(opt.gild))
	if err = copyFile(pinned, opt.gild); err == nil {
		err = os.Chmod(pinned, 0o777)
	}
	if err != nil {
		remove()
		return nil, err
	}
	opt.gild = pinned
	return remove, nil
}

// run does what the options ask for; it reports false if a link differed or failed.
func run(opt *Options) (bool, error) {
	store, err := openStore()
	if err != nil {
		return false, err
	}
	batches, err := selectBatches(opt, store)
	if err != nil {
		return false, err
	}
	links, complete, err := captureAll(opt, store, batches)
	if err != nil {
		return false, err
	}
	links = filterLinks(links, opt.filter)
	switch {
	case opt.capture:
		fmt.Printf("%d links captured in %s\n", len(links), store.dir)
		return complete, nil
	case opt.list:
		for _, l := range links {
			fmt.Println(l.Name)
		}
		return true, nil
	case opt.show:
		for _, l := range links {
			showLink(os.Stdout, opt, l)
		}
		return true, nil
	}
	if len(links) == 0 {
		return false, fmt.Errorf("no links selected")
	}
	remove, err := pinLinker(opt, store)
	if err != nil {
		return false, err
	}
	defer remove()
	results := replayAll(opt, store, links)
	ok := printSummary(os.Stdout, opt, results)
	return ok && complete, nil
}
