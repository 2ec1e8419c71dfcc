// Go-tests runs Go's own tests with gild as the linker, and the same tests with the stock linker, and compares.
//
// A test counts against gild only if it passes with the stock linker and fails with gild, and does so again when it is
// run alone: trees of tests of this size have tests that fail on some machines, and tests that fail now and then.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// knownText lists the tests that cannot pass with gild, with reasons.
//
//go:embed known.txt
var knownText string

func main() {
	var r runner
	var only string
	release := flag.String("release", "1.26", "Go `release` whose tests are run")
	flag.StringVar(&r.gild, "gild", "", "the linker under test (default build/gild)")
	flag.BoolVar(&r.full, "full", false, "without -short")
	flag.BoolVar(&r.cgo, "cgo", false, "with cgo")
	flag.BoolVar(&r.fresh, "fresh", false, "run the tests with the stock linker, too, even if its results are known")
	flag.StringVar(&only, "run", "", "only tests that match `regexp`")
	flag.Usage = func() {
		fmt.Fprintf(os.Stderr, "usage: tests/go/run [option...] suite [package or variant...]\nsuites:\n")
		for _, name := range slices.Sorted(maps.Keys(suites)) {
			fmt.Fprintf(os.Stderr, "  %-9s %s\n", name, suites[name].what)
		}
		fmt.Fprintln(os.Stderr, "options:")
		flag.PrintDefaults()
	}
	flag.Parse()
	s, ok := suites[flag.Arg(0)]
	if !ok {
		flag.Usage()
		os.Exit(2)
	}
	r.suite = s
	if err := r.setUp(*release); err != nil {
		fail(err)
	}
	r.full, r.cgo = r.full || s.full, r.cgo || s.cgo
	dir, good := r.dir, true
	runs := s.runs(flag.Args()[1:])
	if len(runs) == 0 {
		fail(fmt.Errorf("suite %s has no variant and no package of this name", s.name))
	}
	for _, v := range runs {
		if _, err := exec.LookPath(v.needs); v.needs != "" && err != nil {
			fmt.Printf("%s %s: left out: %v\n", s.name, v.name, err)
			continue
		}
		r.part = only != "" || flag.NArg() > 1
		if only != "" {
			v.only = only
		}
		r.variant, r.dir = v, filepath.Join(dir, v.name)
		if err := os.MkdirAll(r.dir, 0o777); err != nil {
			fail(err)
		}
		ok, err := r.compare()
		if err != nil {
			fail(err)
		}
		good = good && ok
	}
	if !good {
		os.Exit(1)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "go-tests:", err)
	os.Exit(2)
}

// setUp finds the release, and names the directory for results.
func (r *runner) setUp(release string) error {
	root := os.Getenv("GILD_ROOT")
	if r.gild == "" {
		r.gild = filepath.Join(root, "build/gild")
	}
	var err error
	if r.gild, err = filepath.Abs(r.gild); err != nil {
		return err
	}
	if _, err := os.Stat(r.gild); err != nil {
		return fmt.Errorf("no linker: %v (run make)", err)
	}
	if r.goroot, err = findRelease(release); err != nil {
		return fmt.Errorf("go %s: %v", release, err)
	}
	if r.suite.needs != "" {
		if _, err := os.Stat(filepath.Join(r.goroot, r.suite.needs)); err != nil {
			return fmt.Errorf("this tree of Go %s has no folder %s", release, r.suite.needs)
		}
	}
	r.release = release
	r.dir = filepath.Join(root, "build/go-tests-results", r.suite.name+"-"+release)
	if r.full {
		r.dir += "-full"
	}
	if r.cgo {
		r.dir += "-cgo"
	}
	return nil
}

// compare runs the variant with both linkers and prints what differs. Reports whether gild is as good.
func (r *runner) compare() (bool, error) {
	stock, err := r.stockResults()
	if err != nil {
		return false, err
	}
	fmt.Printf("%s, gild: %s\n", r.title(), strings.Join(r.variant.packages, " "))
	gild, err := r.run(true, "gild.log", r.variant.only, r.variant.packages)
	if err != nil {
		return false, err
	}
	known, err := readKnown(knownText)
	if err != nil {
		return false, err
	}
	var suspects []testName
	expected := 0
	for _, t := range gild.failuresNotIn(stock) {
		if reason, ok := known[t]; ok {
			fmt.Printf("known: %s: %s\n", t, reason)
			expected++
			continue
		}
		suspects = append(suspects, t)
	}
	worse := r.again(suspects)
	for _, t := range worse {
		fmt.Printf("FAIL only with gild: %s\n%s", t, indent(gild[t].output))
	}
	for _, t := range suspects {
		if !slices.Contains(worse, t) {
			fmt.Printf("flaky: %s (passed when it ran alone)\n", t)
		}
	}
	both := len(gild.failures()) - len(suspects) - expected
	passed, skipped := gild.count("pass"), gild.count("skip")
	fmt.Printf("%s: %d tests passed with gild, %d skipped, %d failed with the stock linker, too, %d known, %d failed only with gild\n",
		r.title(), passed, skipped, both, expected, len(worse))
	return len(worse) == 0 && passed > 0, nil
}

// again runs the packages of the suspects once more, only these tests, and returns those that fail again.
func (r *runner) again(suspects []testName) []testName {
	var worse []testName
	for pkg, names := range byPackage(suspects) {
		only := runPattern(names)
		if only == "" {
			only = r.variant.only
		}
		results, err := r.run(true, "again.log", only, []string{pkg})
		for _, t := range names {
			if err != nil || results[t].action != "pass" && results[t].action != "skip" {
				worse = append(worse, t)
			}
		}
	}
	slices.SortFunc(worse, compareNames)
	return worse
}

func indent(text string) string {
	const most = 4000
	if len(text) > most {
		text = text[:most] + "…\n"
	}
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ") + "\n"
}
