// releases.go - the Go releases the corpus is built with.
//
// GILD_GO126 and GILD_GO127 name the GOROOT of a release. Without them the go command of PATH is
// used if it is of that release, and else the toolchain of that release is asked for by GOTOOLCHAIN.

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Release is one installed Go release.
type Release struct {
	Name    string // "1.26"
	Version string // "go1.26.8"
	Goroot  string
}

// pinnedToolchain is what GOTOOLCHAIN asks for when PATH has another release.
var pinnedToolchain = map[string]string{
	"1.26": "go1.26.8",
	"1.27": "go1.27.4",
}

// Go is the path of the release's go command.
func (r *Release) Go() string { return filepath.Join(r.Goroot, "bin/go") }

// Linker is the path of the release's linker.
func (r *Release) Linker() string { return filepath.Join(r.Goroot, "pkg/tool", hostTools(), "link") }

func findReleases(names []string) ([]*Release, error) {
	var out []*Release
	for _, name := range names {
		r, err := findRelease(name)
		if err != nil {
			return nil, fmt.Errorf("go %s: %v", name, err)
		}
		out = append(out, r)
	}
	return out, nil
}

func findRelease(name string) (*Release, error) {
	variable := "GILD_GO" + strings.ReplaceAll(name, ".", "")
	if root := os.Getenv(variable); root != "" {
		return readRelease(name, root)
	}
	if root, err := goEnvRoot("local"); err == nil {
		if r, err := readRelease(name, root); err == nil {
			return r, nil
		}
	}
	toolchain, ok := pinnedToolchain[name]
	if !ok {
		return nil, fmt.Errorf("unknown release; set %s to its GOROOT", variable)
	}
	root, err := goEnvRoot(toolchain)
	if err != nil {
		return nil, err
	}
	return readRelease(name, root)
}

// goEnvRoot asks the go command of PATH for its GOROOT under a GOTOOLCHAIN setting.
func goEnvRoot(toolchain string) (string, error) {
	cmd := exec.Command("go", "env", "GOROOT")
	cmd.Env = append(withoutGo(os.Environ()), "GOTOOLCHAIN="+toolchain)
	cmd.Dir = os.TempDir()
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// readRelease checks that the GOROOT is of the release.
func readRelease(name, root string) (*Release, error) {
	data, err := os.ReadFile(filepath.Join(root, "VERSION"))
	if err != nil {
		return nil, err
	}
	version, _, _ := strings.Cut(string(data), "\n")
	if version != "go"+name && !strings.HasPrefix(version, "go"+name+".") && !strings.HasPrefix(version, "go"+name+"rc") {
		return nil, fmt.Errorf("'%s' holds %s", root, version)
	}
	return &Release{Name: name, Version: version, Goroot: root}, nil
}
