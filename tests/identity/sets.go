// sets.go - the program sets, and the batches that a selection of them needs.
//
// A batch is one go command: some packages of one set, for one target, release, mode and flag set.

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Batch is what one go command builds.
type Batch struct {
	Set     string
	Name    string // unique in the set
	Target  Target
	Release *Release
	Mode    string
	Flags   FlagSet

	Test    bool              // go test -c, not go build
	Cgo     bool              // with C code
	Build   []string          // the batch's own flags for the go command
	Link    []string          // the batch's own flags for the linker
	Env     []string          // the batch's own variables of the build
	Place   string            // folder of the sources, if it is outside the store: it is in the output
	Sources string            // digest of what is built, apart from the release; part of the stamp
	MaySkip bool              // packages that do not build for the target are left out silently
	Differs map[string]string // why the outputs of a mode, or of a mode and target, are meant to differ
	Modes   []string          // the modes it links in; nil for all
	Targets []string          // the targets it is for; nil for all

	// Programs are the names of the programs, where they are known before the capture.
	Programs []string

	// prepare returns the folder to build in and the packages. It is called only to capture.
	prepare func() (dir string, packages []string, err error)
	// program makes the name of a program of its import path.
	program func(importPath string) string
}

var setNames = []string{"smoke", "flags", "features", "cmd", "std", "cgo", "modules", "giants"}

// selectBatches lists the batches of the selected sets in a fixed order.
func selectBatches(opt *Options, store *Store) ([]*Batch, error) {
	var out []*Batch
	for _, set := range opt.sets {
		var list []*Batch
		var err error
		switch set {
		case "smoke", "flags":
			list, err = listedBatches(set + ".txt")
		case "features":
			list, err = featureBatches(store)
		case "cmd":
			list = []*Batch{cmdBatch()}
		case "std":
			list = []*Batch{stdBatch()}
		case "cgo":
			list, err = cgoBatches()
		case "modules", "giants":
			list, err = moduleBatches(store, set+".txt")
		default:
			return nil, fmt.Errorf("unknown set '%s'", set)
		}
		if err != nil {
			return nil, err
		}
		for _, template := range list {
			out = append(out, expandBatch(opt, set, template)...)
		}
	}
	return out, nil
}

// expandBatch makes a batch for every selected target, release, mode and flag set.
// A template of set smoke or flags has its mode and flags already; it is kept if they are selected,
// whatever its flags without option -flags.
func expandBatch(opt *Options, set string, template *Batch) []*Batch {
	var out []*Batch
	for _, target := range opt.targets {
		for _, release := range opt.releases {
			add := func(mode string, flags FlagSet) {
				b := *template
				b.Set, b.Target, b.Release, b.Mode, b.Flags = set, target, release, mode, flags.forTarget(target)
				if b.Targets != nil && !slices.Contains(b.Targets, target.String()) {
					return
				}
				if !target.HasMode(mode) || b.Modes != nil && !slices.Contains(b.Modes, mode) || !b.wanted(opt.filter) {
					return
				}
				if b.prepare == nil {
					b.prepare = func() (string, []string, error) { return listGoroot(&b) }
				}
				out = append(out, &b)
			}
			if template.Mode != "" {
				named := func(f FlagSet) bool { return f.Name == template.Flags.Name }
				if slices.Contains(opt.modes, template.Mode) && (opt.anyFlags || slices.ContainsFunc(opt.flagSets, named)) {
					add(template.Mode, template.Flags)
				}
				continue
			}
			for _, mode := range opt.modes {
				for _, flags := range opt.flagSets {
					add(mode, flags)
				}
			}
		}
	}
	return out
}

// wanted tells if the filter may match a link of the batch.
func (b *Batch) wanted(filter *regexp.Regexp) bool {
	match := func(program string) bool { return filter.MatchString(b.linkName(program)) }
	return b.Programs == nil || slices.ContainsFunc(b.Programs, match)
}

// differs tells why the batch's outputs are meant to differ; empty: they are not.
func (b *Batch) differs() string {
	if reason := b.Differs[b.Mode+" "+b.Target.String()]; reason != "" {
		return reason
	}
	return b.Differs[b.Mode]
}

// linkName is the name of the link of a program of the batch.
func (b *Batch) linkName(program string) string {
	return strings.Join([]string{b.Set, program, b.Target.Slug(), b.Release.Name, b.Mode, b.Flags.Name}, "/")
}

// cmdBatch is every main package under GOROOT/src/cmd.
func cmdBatch() *Batch {
	return &Batch{
		Name:    "all",
		MaySkip: true,
		program: func(path string) string { return strings.TrimPrefix(path, "cmd/") },
	}
}

// stdBatch is the test binary of every package of the standard library that has tests.
func stdBatch() *Batch {
	return &Batch{
		Name:    "all",
		Test:    true,
		MaySkip: true,
		program: func(path string) string { return strings.TrimSuffix(path, ".test") },
	}
}

// listGoroot lists the packages of set cmd or std in the batch's release.
func listGoroot(b *Batch) (string, []string, error) {
	dir := filepath.Join(b.Release.Goroot, "src")
	pattern, format := "cmd/...", `{{if and (eq .Name "main") .GoFiles}}{{.ImportPath}}{{end}}`
	if b.Test {
		pattern, format = "std", `{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}`
	}
	cmd := exec.Command(b.Release.Go(), "list", "-e", "-f", format, pattern)
	cmd.Dir = dir
	cmd.Env = goEnv(b)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", nil, fmt.Errorf("go list %s: %v", pattern, err)
	}
	return dir, strings.Fields(string(out)), nil
}
