// cgo.go - set cgo: programs with C code, linked without the system's linker.
//
// Each folder of cgo/ is a main package of module `cprogram`; with them come the tests of packages of the
// standard library that have C code, and a program with the race detector, which is C++ in a .syso. What
// compiles C depends on the target: the compiler must be there when links are captured, and only then.

package main

import (
	"fmt"
	"os"
	"path/filepath"
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
	return []string{"CGO_ENABLED=1", "CC=" + cc}
}

func cgoBatches() ([]*Batch, error) {
	dir, err := filepath.Abs(filepath.Join(identityDir(), "cgo"))
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names, packages []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
			packages = append(packages, "cprogram/"+e.Name())
		}
	}
	sum, err := digestTree(dir)
	if err != nil {
		return nil, err
	}
	programs := &Batch{
		Name:     "programs",
		Programs: names,
		Place:    dir,
		Sources:  digest(dir, sum),
		prepare:  func() (string, []string, error) { return dir, packages, nil },
		program:  func(path string) string { return strings.TrimPrefix(path, "cprogram/") },
	}
	tests := stdBatch()
	tests.Name, tests.MaySkip, tests.Sources = "std", false, digest(cgoTests...)
	tests.prepare = func() (string, []string, error) { return os.TempDir(), cgoTests, nil }
	race := *programs
	race.Name, race.Programs, race.Build = "race", []string{"race/hello"}, []string{"-race"}
	race.Modes = []string{"exe"} // on Linux there is no other
	race.prepare = func() (string, []string, error) { return dir, []string{"cprogram/hello"}, nil }
	race.program = func(path string) string { return strings.Replace(path, "cprogram", "race", 1) }
	batches := []*Batch{programs, &race, tests}
	for _, b := range batches {
		b.Cgo, b.Link = true, []string{"-linkmode=internal"}
	}
	return batches, nil
}

// checkCompiler says what is missing if C code of the batch cannot be compiled.
func (b *Batch) checkCompiler() error {
	if _, ok := cCompilers[b.Target]; b.Cgo && !ok {
		return fmt.Errorf("no C compiler is known for %s", b.Target)
	}
	return nil
}
