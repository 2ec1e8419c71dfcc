// cgo.go - set cgo: programs with C code, linked without the system's linker and, for Linux, with it.
//
// Each folder of cgo/ is a main package of module `cprogram`; with them come the tests of packages of the
// standard library that have C code, and a program with the race detector, which is C++ in a .syso. What
// compiles C depends on the target: the compiler must be there when links are captured, and also later when it
// runs the system's linker.

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// cCompilers are the compilers by target; a target without one is left out.
var cCompilers = map[Target]string{
	{"darwin", "amd64"}: "tools/macos-cc",
	{"darwin", "arm64"}: "tools/macos-cc",
	{"linux", "amd64"}:  "gcc",
	{"linux", "arm64"}:  "aarch64-linux-gnu-gcc",
}

// cgoTests are packages whose tests have C code, or whose code changes with cgo.
var cgoTests = []string{"crypto/x509", "net", "os/user", "runtime/cgo"}

// cgoEnv is what the go command of a batch with C code needs beside goEnv.
func cgoEnv(t Target) []string {
	cc := cCompilers[t]
	if strings.Contains(cc, "/") {
		cc = filepath.Join(identityDir(), "../..", cc)
	}
	// For macOS there are no headers of C++.
	return []string{"CGO_ENABLED=1", "CC=" + cc, "CXX=" + strings.Replace(cc, "gcc", "g++", 1)}
}

// Programs that only the system's linker can link: a C++ library, thread-local variables.
var externalOnly = []string{"cplusplus", "threadlocal"}

// linuxTargets are those that have a C++ compiler, and whose C compiler runs the system's linker.
var linuxTargets = []string{"linux/amd64", "linux/arm64"}

func cgoBatches() ([]*Batch, error) {
	dir, err := filepath.Abs(filepath.Join(identityDir(), "cgo"))
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var plain, cxx, all []string
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		all = append(all, e.Name())
		sources, err := filepath.Glob(filepath.Join(dir, e.Name(), "*.cpp"))
		switch {
		case err != nil:
			return nil, err
		case slices.Contains(externalOnly, e.Name()):
		case len(sources) > 0:
			cxx = append(cxx, e.Name())
		default:
			plain = append(plain, e.Name())
		}
	}
	sum, err := digestTree(dir)
	if err != nil {
		return nil, err
	}
	// prefix: what stands before the names of the programs.
	batch := func(name, prefix string, programs []string) *Batch {
		b := &Batch{Name: name, Place: dir, Sources: digest(dir, sum), Cgo: true, Link: []string{"-linkmode=internal"}}
		var packages []string
		for _, p := range programs {
			b.Programs = append(b.Programs, prefix+p)
			packages = append(packages, "cprogram/"+p)
		}
		b.prepare = func() (string, []string, error) { return dir, packages, nil }
		b.program = func(path string) string { return prefix + strings.TrimPrefix(path, "cprogram/") }
		return b
	}
	programs, cplusplus := batch("programs", "", plain), batch("c++", "", cxx)
	race, external := batch("race", "race/", []string{"hello"}), batch("external", "external/", all)
	raceExternal := batch("race-external", "race-external/", []string{"hello"})
	race.Build, race.Modes = []string{"-race"}, []string{"exe"} // on Linux there is no other
	raceExternal.Build, raceExternal.Modes = race.Build, race.Modes
	for _, b := range []*Batch{external, raceExternal} {
		b.Link, b.Targets = []string{"-linkmode=external"}, linuxTargets
	}
	cplusplus.Targets = linuxTargets

	tests := stdBatch()
	tests.Name, tests.MaySkip, tests.Sources = "std", false, digest(cgoTests...)
	tests.Cgo, tests.Link = true, programs.Link
	tests.prepare = func() (string, []string, error) { return os.TempDir(), cgoTests, nil }
	return []*Batch{programs, cplusplus, race, external, raceExternal, tests}, nil
}

// checkCompiler says what is missing if C code of the batch cannot be compiled.
func (b *Batch) checkCompiler() error {
	if _, ok := cCompilers[b.Target]; b.Cgo && !ok {
		return fmt.Errorf("no C compiler is known for %s", b.Target)
	}
	return nil
}
