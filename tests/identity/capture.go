// capture.go - run the go command of a batch and keep its link commands.
//
// A batch is captured once: its stamp holds a digest of everything that decides what is captured,
// and a later run with the same digest reads the links from the store.

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// captureFormat changes when links captured by an older runner are of no use.
const captureFormat = "1"

// Stamp says what a captured batch holds.
type Stamp struct {
	Key     string   // digest of what was captured
	Skipped []string // packages that did not build
	Message string   // what the go command said about them
}

// goEnv is the environment of a batch's go commands.
func goEnv(b *Batch) []string {
	env := append(withoutGo(os.Environ()),
		"GOTOOLCHAIN=local", "GOROOT="+b.Release.Goroot, "GOFLAGS=", "GOWORK=off",
		"CGO_ENABLED=0", "GOOS="+b.Target.OS, "GOARCH="+b.Target.Arch)
	if b.Cgo {
		env = append(env, cgoEnv(b.Target)...)
	}
	return append(env, b.variables()...)
}

func (b *Batch) variables() []string { return append(slices.Clone(b.Env), b.Flags.Env...) }

// dir is the folder of the batch's captures.
func (b *Batch) dir(s *Store) string {
	name := fileName(b.Name)
	if b.Place != "" {
		name += "@" + digest(b.Place)[:8]
	}
	return s.path("captures", b.Set, name, b.Target.Slug(), b.Release.Version, b.Mode, b.Flags.Name)
}

func (b *Batch) String() string { return b.linkName(b.Name) }

// key is the digest that decides if captured links can be used again.
func (b *Batch) key(s *Store) string {
	parts := []string{captureFormat, s.dir, b.String(), b.Release.Version, b.Release.Goroot, b.Sources,
		strings.Join(b.goFlags(), "\n"), b.linkFlags(), b.differs()}
	return digest(append(parts, b.variables()...)...)
}

func (b *Batch) goFlags() []string {
	flags := []string{"-buildvcs=false", "-buildmode=" + b.Mode}
	return append(append(flags, b.Build...), b.Flags.Build...)
}

// linkFlags is the value of -ldflags.
func (b *Batch) linkFlags() string {
	return strings.Join(append(slices.Clone(b.Link), b.Flags.Link...), " ")
}

// captureAll returns the links of the batches; it captures the missing ones unless -captured is given.
// It reports false if a program that should build did not.
func captureAll(opt *Options, s *Store, batches []*Batch) ([]*Link, bool, error) {
	var links []*Link
	complete := true
	missing := 0
	checked := map[string]bool{}
	for _, b := range batches {
		list, stamp, ok := loadBatch(s, b, checked)
		if !ok && opt.captured {
			missing++
			continue
		}
		if !ok {
			var err error
			if list, stamp, err = captureBatch(opt, s, b); err != nil {
				fmt.Fprintf(os.Stderr, "identity: %s: %v\n", b, err)
				complete = false
				continue
			}
		}
		if len(stamp.Skipped) > 0 && !b.MaySkip {
			fmt.Fprintf(os.Stderr, "identity: %s: did not build: %s\n%s", b, strings.Join(stamp.Skipped, " "), stamp.Message)
			complete = false
		}
		links = append(links, list...)
	}
	if missing > 0 {
		fmt.Fprintf(os.Stderr, "identity: %d of %d batches are not captured\n", missing, len(batches))
	}
	return links, complete, nil
}

// loadBatch reads a captured batch. It reports false if it must be captured.
// checked holds the files that are known to be in place.
func loadBatch(s *Store, b *Batch, checked map[string]bool) ([]*Link, *Stamp, bool) {
	stamp := &Stamp{}
	if err := readJSON(filepath.Join(b.dir(s), "stamp.json"), stamp); err != nil || stamp.Key != b.key(s) {
		return nil, nil, false
	}
	names, err := filepath.Glob(filepath.Join(b.dir(s), "links/*/link.json"))
	if err != nil {
		return nil, nil, false
	}
	var links []*Link
	for _, name := range names {
		l := &Link{}
		if err := readJSON(name, l); err != nil || !inputsPresent(l, checked) {
			return nil, nil, false
		}
		links = append(links, l)
	}
	return links, stamp, true
}

// inputsPresent tells if every input of the link is still there.
func inputsPresent(l *Link, checked map[string]bool) bool {
	files, err := l.inputs()
	if err != nil {
		return false
	}
	for _, f := range files {
		if !checked[f] {
			if _, err := os.Stat(f); err != nil {
				return false
			}
			checked[f] = true
		}
	}
	return true
}

// inputs lists the archives of a link.
func (l *Link) inputs() ([]string, error) {
	data, err := os.ReadFile(l.ImportCfg)
	if err != nil {
		return nil, err
	}
	files := []string{l.Main}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "packagefile "); ok {
			_, file, _ := strings.Cut(rest, "=")
			files = append(files, file)
		}
	}
	return files, nil
}

// captureBatch runs the go command of the batch, for its link commands only.
func captureBatch(opt *Options, s *Store, b *Batch) ([]*Link, *Stamp, error) {
	unlock, err := s.lock(b.dir(s))
	if err != nil {
		return nil, nil, err
	}
	defer unlock()
	if links, stamp, ok := loadBatch(s, b, map[string]bool{}); ok {
		return links, stamp, nil // another run was faster
	}

	if err := b.checkCompiler(); err != nil {
		return nil, nil, err
	}
	fmt.Fprintf(os.Stderr, "identity: capturing %s\n", b)
	srcdir, packages, err := b.prepare()
	if err != nil {
		return nil, nil, err
	}
	dir := b.dir(s)
	if err := os.RemoveAll(dir); err != nil {
		return nil, nil, err
	}
	linksDir := filepath.Join(dir, "links")
	if err := os.MkdirAll(linksDir, 0o777); err != nil {
		return nil, nil, err
	}
	message, err := runGo(opt, s, b, srcdir, packages, linksDir)
	if err != nil {
		return nil, nil, err
	}
	stamp := &Stamp{Key: b.key(s), Message: message}
	links, err := finishLinks(b, linksDir)
	if err != nil {
		return nil, nil, err
	}
	if len(links) == 0 {
		return nil, nil, fmt.Errorf("nothing captured\n%s", message)
	}
	for _, p := range packages {
		name := b.linkName(b.program(p))
		named := func(l *Link) bool { return l.Name == name }
		if !slices.ContainsFunc(links, named) {
			stamp.Skipped = append(stamp.Skipped, p)
		}
	}
	return links, stamp, writeJSON(filepath.Join(dir, "stamp.json"), stamp)
}

// runGo runs the go command. A failure to build some packages is not an error here: what the
// command said is returned.
func runGo(opt *Options, s *Store, b *Batch, srcdir string, packages []string, linksDir string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	out, err := os.MkdirTemp(s.path("scratch"), "build-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(out)

	args := []string{"build"}
	if b.Test {
		args = []string{"test", "-c", "-vet=off", "-o", os.DevNull}
	} else if len(packages) == 1 {
		args = append(args, "-o", filepath.Join(out, "a.out"))
	}
	args = append(args, fmt.Sprintf("-p=%d", opt.buildJobs), "-toolexec="+self)
	args = append(args, b.goFlags()...)
	if flags := b.linkFlags(); flags != "" {
		args = append(args, "-ldflags="+flags)
	}
	cmd := exec.Command(b.Release.Go(), append(args, packages...)...)
	cmd.Dir = srcdir
	cmd.Env = append(goEnv(b), "GOCACHE="+s.path("gocache"), captureDirVar+"="+linksDir, captureStoreVar+"="+s.dir)
	var message bytes.Buffer
	cmd.Stderr = &message
	cmd.Stdout = &message
	err = cmd.Run()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		return "", err
	}
	return message.String(), nil
}

// finishLinks completes the records that the toolexec wrapper wrote.
func finishLinks(b *Batch, linksDir string) ([]*Link, error) {
	names, err := filepath.Glob(filepath.Join(linksDir, "*/link.json"))
	if err != nil {
		return nil, err
	}
	var links []*Link
	for _, name := range names {
		l := &Link{}
		if err := readJSON(name, l); err != nil {
			return nil, err
		}
		importPath := strings.ReplaceAll(filepath.Base(filepath.Dir(name)), "!", "/")
		l.Name = b.linkName(b.program(importPath))
		l.Set, l.Target, l.Release, l.Version = b.Set, b.Target.String(), b.Release.Name, b.Release.Version
		l.Mode, l.Flags, l.Differs = b.Mode, b.Flags.Name, b.differs()
		l.ImportCfg = filepath.Join(filepath.Dir(name), "importcfg.link")
		if err := writeJSON(name, l); err != nil {
			return nil, err
		}
		links = append(links, l)
	}
	return links, nil
}
