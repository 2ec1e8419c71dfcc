// results.go - what go test -json says about each test.

package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// testName is a test of a package; the name is empty for the package as a whole: it does not build, or its process ends
// with an error outside the tests.
type testName struct{ pkg, name string }

func (t testName) String() string {
	if t.name == "" {
		return t.pkg
	}
	return t.pkg + " " + t.name
}

func compareNames(a, b testName) int {
	return cmp.Or(strings.Compare(a.pkg, b.pkg), strings.Compare(a.name, b.name))
}

type result struct {
	action string // "pass", "fail" or "skip"; empty when the test began and never ended
	output string
}

type results map[testName]result

// event is a line of go test -json (cmd/test2json; build events: go help buildjson).
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build events
	Test        string
	Output      string
	FailedBuild string
}

// readResults reads the events. Output is kept for what did not pass.
func readResults(r io.Reader) (results, error) {
	out := results{}
	building := map[string]string{} // output of builds by import path
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<20)
	for n := 1; lines.Scan(); n++ {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("line %d of the events: %v", n, err)
		}
		t := testName{e.Package, e.Test}
		switch e.Action {
		case "build-output":
			building[e.ImportPath] += e.Output
		case "start", "run":
			out[t] = result{}
		case "output":
			was := out[t]
			out[t] = result{was.action, was.output + e.Output}
		case "pass", "skip":
			out[t] = result{action: e.Action}
		case "fail":
			out[t] = result{e.Action, out[t].output + building[e.FailedBuild]}
		}
	}
	return out, lines.Err()
}

func (r results) count(action string) (n int) {
	for t, got := range r {
		if t.name != "" && got.action == action {
			n++
		}
	}
	return n
}

func failed(action string) bool { return action != "pass" && action != "skip" }

// failures lists what failed or never ended, in order. A package that failed because its tests did is not listed, nor is
// a test that failed because its subtests did.
func (r results) failures() []testName {
	parents := map[testName]bool{}
	for t, got := range r {
		if t.name == "" || !failed(got.action) {
			continue
		}
		parents[testName{t.pkg, ""}] = true
		for name := t.name; ; {
			i := strings.LastIndexByte(name, '/')
			if i < 0 {
				break
			}
			name = name[:i]
			parents[testName{t.pkg, name}] = true
		}
	}
	var out []testName
	for t, got := range r {
		if failed(got.action) && !parents[t] {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, compareNames)
	return out
}

// failuresNotIn lists the failures of tests that do not fail in the other results.
func (r results) failuresNotIn(other results) []testName {
	var out []testName
	for _, t := range r.failures() {
		if was, ok := other[t]; !ok || !failed(was.action) {
			out = append(out, t)
		}
	}
	return out
}

// readKnown reads known.txt: a package, a test and a reason on each line.
func readKnown(text string) (map[testName]string, error) {
	out := map[testName]string{}
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		pkg, rest, _ := strings.Cut(line, " ")
		name, reason, ok := strings.Cut(strings.TrimSpace(rest), " ")
		if !ok {
			return nil, fmt.Errorf("known.txt:%d: want a package, a test and a reason", n+1)
		}
		out[testName{pkg, name}] = strings.TrimSpace(reason)
	}
	return out, nil
}

func byPackage(tests []testName) map[string][]testName {
	out := map[string][]testName{}
	for _, t := range tests {
		out[t.pkg] = append(out[t.pkg], t)
	}
	return out
}

// runPattern is the argument of -run for these tests of a package; empty, for all, when the package as a whole failed.
// Subtests are run with all of their siblings: a pattern for each level matches a product of names.
func runPattern(tests []testName) string {
	var names []string
	for _, t := range tests {
		if t.name == "" {
			return ""
		}
		top, _, _ := strings.Cut(t.name, "/")
		names = append(names, regexp.QuoteMeta(top))
	}
	slices.Sort(names)
	return "^(" + strings.Join(slices.Compact(names), "|") + ")$"
}
