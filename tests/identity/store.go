// store.go - the folder where captured links and known results live between runs.
//
//	gocache/     build cache of every capture; the packagefile lines point into it
//	objects/     inputs that go build made in its work folder and did not put into the cache
//	captures/    <set>/<batch>[@<place>]/<target>/<release>/<mode>/<flags>/: stamp.json and links/
//	references/  what the stock linker made of a link: digest, size, time
//	sources/     generated programs and unpacked modules
//	kept/        files of links that differed, with -keep
//	scratch/     outputs while they are compared
//	locks/       one file a batch, so that two runs do not capture the same batch
//
// The store is $GILD_CORPUS, or gild-identity in the user's cache folder. Its path is part of the
// inputs (DWARF names source files), so a store that was moved must be captured again.

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// Store is an open store.
type Store struct{ dir string }

// Link is one captured link command, as link.json holds it.
type Link struct {
	Name      string   // set/program/target/release/mode/flags
	Set       string   //
	Target    string   // os/arch
	Release   string   // "1.26"
	Version   string   // "go1.26.8"
	Mode      string   //
	Flags     string   // name of the flag set
	Linker    string   // the stock linker of the build
	Dir       string   // folder the build ran the linker in
	Env       []string // variables the linker may look at
	Args      []string // without -o, -importcfg and the main package
	ImportCfg string   // stored copy
	Main      string   // archive of the main package
	Output    string   // base name of the output
	Differs   string   // why the outputs are meant to differ, or ""
}

func openStore() (*Store, error) {
	dir := os.Getenv("GILD_CORPUS")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, err
		}
		dir = filepath.Join(cache, "gild-identity")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	for _, sub := range []string{"objects", "captures", "references", "sources", "scratch", "locks"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o777); err != nil {
			return nil, err
		}
	}
	return &Store{dir}, nil
}

func (s *Store) path(elem ...string) string {
	return filepath.Join(append([]string{s.dir}, elem...)...)
}

// lock takes the lock of that name and returns the function that gives it back.
func (s *Store) lock(name string) (func(), error) {
	f, err := os.OpenFile(s.path("locks", digest(name)[:16]), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

// digest is the SHA-256 of the strings, each with its length.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		n := len(p)
		h.Write([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
		io.WriteString(h, p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// digestFile returns the SHA-256 and the size of a file.
func digestFile(name string) (string, int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), n, err
}

func readJSON(name string, v any) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

// writeJSON writes v through a temporary file, so that a reader never sees half of it.
func writeJSON(name string, v any) error {
	data, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "tmp-*")
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	return os.Rename(f.Name(), name)
}

// withoutGo drops the variables that would change what the go command or a linker does.
func withoutGo(env []string) []string {
	var out []string
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		switch {
		case name == "GOPATH", name == "GOMODCACHE", name == "GOPROXY", name == "GOSUMDB", name == "GONOSUMDB", name == "GOENV":
		case strings.HasPrefix(name, "GO"), strings.HasPrefix(name, "CGO_"), strings.HasPrefix(name, "GILD_"):
			continue
		case name == "CC", name == "CXX":
			continue
		}
		out = append(out, e)
	}
	return out
}

// identityDir is the folder of this program's sources.
func identityDir() string { return envOr("GILD_IDENTITY_DIR", ".") }

func hostTools() string { return runtime.GOOS + "_" + runtime.GOARCH }

func envOr(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}
