// reference.go - what the stock linker makes of a link, remembered between runs.
//
// Only the digest of the output is kept. Every input is named by its digest (build cache, objects/)
// or stored with the capture, so the names and the text of the importcfg say all of the inputs.

package main

import (
	"os"
	"path/filepath"
	"strings"
)

// referenceRun links with the stock linker, or returns the result of an earlier run.
func referenceRun(opt *Options, s *Store, l *Link, output string) (*Run, error) {
	key, err := l.referenceKey()
	if err != nil {
		return nil, err
	}
	name := s.path("references", key[:2], key+".json")
	run := &Run{}
	if !opt.fresh && readJSON(name, run) == nil {
		return run, nil
	}
	if run, err = linkOnce(l, l.Linker, nil, output); err != nil {
		return nil, err
	}
	// A failure may have a passing cause (memory, disk), and moved inputs are gone after this link.
	if run.Exit != 0 || opt.movePath {
		return run, nil
	}
	return run, writeJSON(name, run)
}

// referenceKey is the digest of everything that decides the stock linker's output.
func (l *Link) referenceKey() (string, error) {
	cfg, err := os.ReadFile(l.ImportCfg)
	if err != nil {
		return "", err
	}
	return digest(l.Version, l.Linker, l.Dir, strings.Join(l.Env, "\n"), strings.Join(l.Args, "\n"),
		string(cfg), l.Main, l.Output), nil
}

// ensureReference links with the stock linker if its output is not there.
func ensureReference(l *Link, output string) error {
	if _, err := os.Stat(output); err == nil {
		return nil
	}
	_, err := linkOnce(l, l.Linker, nil, filepath.Clean(output))
	return err
}
