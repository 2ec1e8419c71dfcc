// suites.go - which tests there are, and how the go command is started for them.

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

type suite struct {
	name     string
	what     string
	packages []string  // patterns of the go command
	variants []variant // instead of packages: several runs
	except   string    // a package that is a suite of its own
	needs    string    // folder of GOROOT that not every distribution of Go has
	// Of a suite whose tests start a linker in another way than through the go command: the file that makes this gild. They
	// get a GOROOT of their own, in which it stands in the place of the original.
	replaced, replacement string
	cgo                   bool // always with cgo
	full                  bool // never with -short, which would skip most
}

// runs lists the variants of a suite that the words of the command line choose: by packages, or by name.
func (s *suite) runs(words []string) []variant {
	if s.variants != nil {
		return chooseVariants(s.variants, words)
	}
	if len(words) == 0 {
		words = s.packages
	}
	return []variant{{packages: words}}
}

const testdir = "cmd/internal/testdir"

var suites = map[string]*suite{
	"std": {name: "std", what: "the standard library, the compiler and what they share",
		packages: []string{"std", "cmd/compile/...", "cmd/internal/..."}, except: testdir},
	"testdir": {name: "testdir", what: "the programs of GOROOT/test", needs: "test",
		packages: []string{testdir}, replaced: linkTool, replacement: linkScript}, // they start "go tool link"
	"link": {name: "link", what: "the tests of cmd/link, with gild in the place of the linker",
		packages: []string{"cmd/link/..."}, replaced: "src/cmd/link/main.go", replacement: linkMain}, // it is linked into the tests
	"cgo": {name: "cgo", what: "programs with C code, in all link modes; race, memory and address sanitizers",
		variants: cgoVariants, cgo: true, full: true},
}

// runner is one run of a variant of a suite.
type runner struct {
	suite   *suite
	variant variant
	part    bool // not all of the variant
	release string
	goroot  string
	gild    string
	dir     string // results and logs
	full    bool
	cgo     bool
	fresh   bool
}

// title names the run in what is printed.
func (r *runner) title() string {
	return strings.TrimSpace(r.suite.name+" "+r.variant.name) + ", go" + r.release
}

// stockResults runs the variant with the stock linker, or reads what an earlier run of the same packages left.
func (r *runner) stockResults() (results, error) {
	v := r.variant
	if r.part {
		return r.run(false, "stock-part.log", v.only, v.packages)
	}
	path := filepath.Join(r.dir, "stock.log")
	if !r.fresh {
		if f, err := os.Open(path); err == nil {
			defer f.Close()
			fmt.Printf("%s: stock linker's results from %s\n", r.title(), path)
			return readResults(f)
		}
	}
	fmt.Printf("%s, stock linker: %s\n", r.title(), strings.Join(v.packages, " "))
	return r.run(false, "stock.log", v.only, v.packages)
}

// run runs the tests and leaves the events of go test -json in the log.
func (r *runner) run(gild bool, log, only string, packages []string) (results, error) {
	args := []string{"test", "-json", "-count=1", "-vet=off", "-timeout=60m"}
	if !r.full {
		args = append(args, "-short")
	}
	if only != "" {
		args = append(args, "-run="+only)
	}
	args = append(args, r.variant.args...)
	env := r.environment(gild)
	packages, err := r.expand(packages, env)
	if err != nil {
		return nil, err
	}
	goroot := r.goroot
	if gild && r.suite.replaced != "" {
		if goroot, err = r.copyGoroot(); err != nil {
			return nil, err
		}
		env = append(env, "GOROOT="+goroot)
	}
	cmd := exec.Command(filepath.Join(goroot, "bin/go"), append(args, packages...)...)
	cmd.Dir = filepath.Join(goroot, "src")
	cmd.Env = env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	temporary := filepath.Join(r.dir, log+".tmp")
	f, err := os.Create(temporary)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cmd.Stdout = f
	// A status other than 0 says that tests failed, which the events say, too.
	var status *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &status) {
		return nil, err
	}
	if _, err := f.Seek(0, 0); err != nil {
		return nil, err
	}
	got, err := readResults(f)
	if err != nil {
		return nil, err
	}
	if len(got) == 0 {
		return nil, fmt.Errorf("go test printed no results: %s", stderr.String())
	}
	return got, os.Rename(temporary, filepath.Join(r.dir, log))
}

// expand replaces the patterns by the packages that they stand for, if the suite leaves one out.
func (r *runner) expand(patterns, env []string) ([]string, error) {
	if r.suite.except == "" {
		return patterns, nil
	}
	cmd := exec.Command(filepath.Join(r.goroot, "bin/go"), append([]string{"list"}, patterns...)...)
	cmd.Dir = filepath.Join(r.goroot, "src")
	cmd.Env = env
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %v", err)
	}
	return slices.DeleteFunc(strings.Fields(string(out)), func(p string) bool { return p == r.suite.except }), nil
}

// environment is what the go command sees: nothing of the caller's Go settings, and the linker under test.
func (r *runner) environment(gild bool) []string {
	var env []string
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); !strings.HasPrefix(name, "GO") || name == "GOCACHE" || name == "GOMODCACHE" || name == "GOPROXY" {
			env = append(env, e)
		}
	}
	cgo := "0"
	if r.cgo {
		cgo = "1"
	}
	env = append(env, r.variant.env...)
	env = append(env, "GOROOT="+r.goroot, "GOTOOLCHAIN=local", "GOWORK=off", "CGO_ENABLED="+cgo, "GILD_FALLBACK=off")
	if !gild {
		return append(env, "GOFLAGS=")
	}
	return append(env, "GOFLAGS=-toolexec="+r.gild, "GILD="+r.gild, "GILD_STOCK="+filepath.Join(r.goroot, linkTool))
}

// linkTool is the linker's place in GOROOT.
var linkTool = filepath.Join("pkg/tool", runtime.GOOS+"_"+runtime.GOARCH, "link")

// A linker that starts gild as -toolexec does: the go command also asks it for its version, and gets the stock linker's.
const linkScript = `#!/bin/sh
exec "$GILD" "$GILD_STOCK" "$@"
`

// The same as the main function of cmd/link.
const linkMain = `package main

import (
	"log"
	"os"
	"syscall"
)

func main() {
	args := append([]string{os.Getenv("GILD"), os.Getenv("GILD_STOCK")}, os.Args[1:]...)
	log.Fatal(syscall.Exec(args[0], args, os.Environ()))
}
`

// copyGoroot makes a GOROOT of hard links, in which one file is replaced. (An overlay could replace a source file, but not where
// GOROOT is in the module cache.)
func (r *runner) copyGoroot() (string, error) {
	root := filepath.Join(r.dir, "goroot")
	if err := os.RemoveAll(root); err != nil {
		return "", err
	}
	if out, err := exec.Command("cp", "-al", r.goroot, root).CombinedOutput(); err != nil {
		return "", fmt.Errorf("GOROOT cannot be copied by links to %s: %s", root, out)
	}
	file := filepath.Join(root, r.suite.replaced)
	if err := os.Remove(file); err != nil {
		return "", err
	}
	return root, os.WriteFile(file, []byte(r.suite.replacement), 0o777)
}

// pinnedToolchain is what GOTOOLCHAIN asks for when PATH has another release.
var pinnedToolchain = map[string]string{"1.26": "go1.26.8", "1.27": "go1.27.4"}

// findRelease returns the GOROOT of a release: GILD_GO126 and GILD_GO127 name it, else the go command finds it.
func findRelease(name string) (string, error) {
	root := os.Getenv("GILD_GO" + strings.ReplaceAll(name, ".", ""))
	if root == "" {
		toolchain, ok := pinnedToolchain[name]
		if !ok {
			return "", errors.New("unknown release")
		}
		cmd := exec.Command("go", "env", "GOROOT")
		cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+toolchain, "GOROOT=")
		cmd.Dir = os.TempDir()
		out, err := cmd.Output()
		if err != nil {
			return "", err
		}
		root = strings.TrimSpace(string(out))
	}
	version, err := os.ReadFile(filepath.Join(root, "VERSION"))
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(string(version), "go"+name) {
		return "", fmt.Errorf("'%s' is of another release", root)
	}
	return root, nil
}
