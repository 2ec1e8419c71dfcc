// programs.go - sets smoke, flags and features: the small programs under features/.
//
// Each folder of features/ is a main package of module `feature`. A file `flags` in it holds flags
// of its own, one a line: "build: -cover", "link: -X=main.v=1", "env: GOFIPS140=latest", "test: -cover" if it is
// the package's test binary that is linked, built with that flag, "modes: pie" if it does not link in others, and
// "differs pie darwin/amd64: reason" if the outputs of a mode are meant to differ, for all targets if none is named. Some
// programs are too large to store and are generated (generate.go).
//
// smoke.txt and flags.txt list the programs of the sets of that name, by targets, mode and flags.

package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// featureFlags is the content of a `flags` file.
type featureFlags struct {
	build, link, env []string
	test             bool
	modes            []string
	differs          map[string]string // by mode, or mode, blank and target
}

func readFeatureFlags(dir string) (*featureFlags, error) {
	data, err := os.ReadFile(filepath.Join(dir, "flags"))
	if err != nil {
		return &featureFlags{}, err
	}
	f := &featureFlags{differs: map[string]string{}}
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		key, place, _ := strings.Cut(key, " ")
		switch key {
		case "build":
			f.build = append(f.build, value)
		case "test":
			f.test = true
			f.build = append(f.build, value)
		case "link":
			f.link = append(f.link, value)
		case "env":
			f.env = append(f.env, value)
		case "modes":
			f.modes = splitList(value, ",")
		case "differs":
			mode, targets, _ := strings.Cut(place, " ")
			f.differs[mode] = value
			for _, t := range strings.Fields(targets) {
				delete(f.differs, mode)
				f.differs[mode+" "+t] = value
			}
		default:
			return nil, fmt.Errorf("'%s/flags': unknown line '%s'", dir, strings.TrimSpace(line))
		}
	}
	return f, nil
}

// featureBatches is every program under features/, and one batch for each generated program.
func featureBatches(s *Store) ([]*Batch, error) {
	dir := filepath.Join(identityDir(), "features")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	out, err := programBatches("plain", names)
	if err != nil {
		return nil, err
	}
	for _, g := range generators {
		out = append(out, generatedBatch(s, g))
	}
	return out, nil
}

// programBatches is one batch, of the given name, of the programs without flags of their own, and
// one batch for each of the others.
func programBatches(name string, programs []string) ([]*Batch, error) {
	var plain []string
	var out []*Batch
	for _, p := range programs {
		flags, err := readFeatureFlags(filepath.Join(identityDir(), "features", p))
		if os.IsNotExist(err) {
			plain = append(plain, p)
			continue
		} else if err != nil {
			return nil, err
		}
		b, err := featureBatch(p, []string{p})
		if err != nil {
			return nil, err
		}
		b.Build, b.Link, b.Env, b.Test = flags.build, flags.link, flags.env, flags.test
		b.Modes, b.Differs = flags.modes, flags.differs
		out = append(out, b)
	}
	if len(plain) == 0 {
		return out, nil
	}
	b, err := featureBatch(name, plain)
	return append([]*Batch{b}, out...), err
}

// featureBatch builds programs of features/ with one go command.
func featureBatch(name string, programs []string) (*Batch, error) {
	dir, err := filepath.Abs(filepath.Join(identityDir(), "features"))
	if err != nil {
		return nil, err
	}
	sources := []string{dir}
	packages := make([]string, len(programs))
	for i, p := range programs {
		sum, err := digestTree(filepath.Join(dir, p))
		if err != nil {
			return nil, err
		}
		sources = append(sources, sum)
		packages[i] = "feature/" + p
	}
	return &Batch{
		Name:     name,
		Programs: programs,
		Place:    dir,
		Sources:  digest(sources...),
		prepare:  func() (string, []string, error) { return dir, packages, nil },
		program: func(importPath string) string {
			return strings.TrimSuffix(strings.TrimPrefix(importPath, "feature/"), ".test")
		},
	}, nil
}

// listedBatches reads smoke.txt or flags.txt: "<mode> | <flags> | <program> ...", where a program
// is the name of a feature, or std:<package> for a test binary. A line "targets: <target> ..." says what the
// lines behind it are for.
func listedBatches(file string) ([]*Batch, error) {
	data, err := os.ReadFile(filepath.Join(identityDir(), file))
	if err != nil {
		return nil, err
	}
	var out []*Batch
	var targets []string
	n := 0
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if list, ok := strings.CutPrefix(line, "targets:"); ok {
			targets = strings.Fields(list)
			continue
		}
		fields := strings.Split(line, "|")
		if len(fields) != 3 {
			return nil, fmt.Errorf("%s: bad line '%s'", file, line)
		}
		n++
		mode, flags := strings.TrimSpace(fields[0]), parseFlagSet(strings.TrimSpace(fields[1]))
		var features, tests []string
		for _, p := range strings.Fields(fields[2]) {
			if name, ok := strings.CutPrefix(p, "std:"); ok {
				tests = append(tests, name)
			} else {
				features = append(features, p)
			}
		}
		if len(features) > 0 {
			batches, err := programBatches(fmt.Sprintf("features%d", n), features)
			if err != nil {
				return nil, err
			}
			for _, b := range batches {
				b.Mode, b.Flags, b.Targets = mode, flags, targets
				out = append(out, b)
			}
		}
		if len(tests) > 0 {
			b := stdBatch()
			b.Name, b.MaySkip, b.Mode, b.Flags = fmt.Sprintf("std%d", n), false, mode, flags
			b.Targets = targets
			b.Sources = digest(tests...)
			b.prepare = func() (string, []string, error) { return os.TempDir(), tests, nil }
			out = append(out, b)
		}
	}
	return out, nil
}

// digestTree is the digest of the names and contents of the files under a folder.
func digestTree(dir string) (string, error) {
	var parts []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		parts = append(parts, path.Clean(filepath.ToSlash(rel)), string(data))
		return err
	})
	return digest(parts...), err
}
