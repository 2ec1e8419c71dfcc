// modules.go - sets modules and giants: well-known public programs, pinned in modules.txt and giants.txt.
//
// A module is fetched through the module proxy and unpacked into the store, where it is the main
// module of its build: its replace directives count, as in a checkout.

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// moduleBatches reads a list of modules: "<name> <module> <version> <package relative to the module>".
func moduleBatches(s *Store, list string) ([]*Batch, error) {
	data, err := os.ReadFile(filepath.Join(identityDir(), list))
	if err != nil {
		return nil, err
	}
	var out []*Batch
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0][0] == '#' {
			continue
		}
		if len(f) != 4 {
			return nil, fmt.Errorf("%s: bad line '%s'", list, strings.TrimSpace(line))
		}
		name, module, version, pkg := f[0], f[1], f[2], f[3]
		out = append(out, &Batch{
			Name:     name,
			Programs: []string{name},
			Sources:  digest(module, version, pkg),
			prepare: func() (string, []string, error) {
				dir, err := unpackModule(s, module, version)
				return dir, []string{pkg}, err
			},
			program: func(string) string { return name },
		})
	}
	return out, nil
}

// unpackModule returns a writable copy of a module.
func unpackModule(s *Store, module, version string) (string, error) {
	dir := s.path("sources", "modules", fileName(module)+"@"+version)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	unlock, err := s.lock(dir)
	if err != nil {
		return "", err
	}
	defer unlock()
	cmd := exec.Command("go", "mod", "download", "-json", module+"@"+version)
	cmd.Env = append(withoutGo(os.Environ()), "GOFLAGS=-modcacherw", "GOWORK=off")
	cmd.Dir = os.TempDir()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var info struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &info); jsonErr != nil || info.Dir == "" {
		return "", fmt.Errorf("%s@%s: %v: %s%s", module, version, err, info.Error, stderr.String())
	}
	tmp := dir + ".tmp"
	if err := os.RemoveAll(tmp); err != nil {
		return "", err
	}
	if err := copyTree(tmp, info.Dir); err != nil {
		return "", err
	}
	return dir, os.Rename(tmp, dir)
}

// copyTree copies the folders and regular files under src.
func copyTree(dst, src string) error {
	return filepath.WalkDir(src, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(src, name)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(dst, rel), 0o777)
		}
		return copyFile(filepath.Join(dst, rel), name)
	})
}
