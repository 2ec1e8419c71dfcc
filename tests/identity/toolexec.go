// toolexec.go - this program as the -toolexec wrapper of a capturing build.
//
// The build passes every tool through; a link command is written to the capture folder and not
// run: an empty output satisfies go build, which then has no build ID to rewrite in it.
// Inputs that live in the work folder of the build would be gone afterwards: the copy that the
// build cache has of them (named by their digest) takes their place, or else a copy in the store.

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// captureDirVar names the folder that a capturing build writes its links to.
const captureDirVar = "GILD_CAPTURE_DIR"

// captureStoreVar names the store during a capturing build.
const captureStoreVar = "GILD_CAPTURE_STORE"

// linkerVars are the variables a linker may look at.
var linkerVars = []string{
	"GOROOT", "GOOS", "GOARCH", "GOEXPERIMENT", "GOAMD64", "GOARM64", "GO386",
	"CGO_ENABLED", "GO_EXTLINK_ENABLED", "GOFIPS140",
}

// toolexecMain runs or captures one tool command; it returns the exit status.
func toolexecMain(dir string, argv []string) int {
	if len(argv) == 0 {
		fmt.Fprintln(os.Stderr, "identity: no tool given")
		return 2
	}
	if filepath.Base(argv[0]) == "link" && len(argv) > 2 {
		if err := captureLink(dir, argv); err != nil {
			fmt.Fprintln(os.Stderr, "identity: capture:", err)
			return 1
		}
		return 0
	}
	path, err := exec.LookPath(argv[0])
	if err == nil {
		os.Unsetenv(captureDirVar)
		err = syscall.Exec(path, argv, os.Environ())
	}
	fmt.Fprintln(os.Stderr, "identity:", err)
	return 1
}

// besideOutput stands in captured arguments for the path of a second output, next to the first.
const besideOutput = "$OUTPUT.more"

// captureLink writes the record of one link command.
func captureLink(dir string, argv []string) error {
	program := os.Getenv("TOOLEXEC_IMPORTPATH")
	program, _, _ = strings.Cut(program, " ")
	dir = filepath.Join(dir, fileName(program))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	l := &Link{Linker: argv[0]}
	var output, importcfg string
	args := argv[1 : len(argv)-1]
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "-o" && i+1 < len(args):
			i++
			output = args[i]
		case args[i] == "-importcfg" && i+1 < len(args):
			i++
			importcfg = args[i]
		case args[i] == "-fipso" && i+1 < len(args):
			i++
			l.Args = append(l.Args, "-fipso", besideOutput)
		default:
			l.Args = append(l.Args, args[i])
		}
	}
	if output == "" || importcfg == "" {
		return fmt.Errorf("no -o or no -importcfg in %q", argv)
	}
	var err error
	if l.Main, err = keepInput(argv[len(argv)-1]); err != nil {
		return err
	}
	cfg, err := keepImportCfg(importcfg)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "importcfg.link"), cfg, 0o666); err != nil {
		return err
	}
	if l.Dir, err = os.Getwd(); err != nil {
		return err
	}
	l.Output = filepath.Base(output)
	for _, name := range linkerVars {
		if v, ok := os.LookupEnv(name); ok {
			l.Env = append(l.Env, name+"="+v)
		}
	}
	if err := writeJSON(filepath.Join(dir, "link.json"), l); err != nil {
		return err
	}
	return os.WriteFile(output, nil, 0o777)
}

// keepImportCfg returns the text of an importcfg with every file in a place that stays.
func keepImportCfg(name string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for line := range strings.Lines(string(data)) {
		if verb, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " "); verb == "packagefile" || verb == "packageshlib" {
			pkg, file, _ := strings.Cut(rest, "=")
			kept, err := keepInput(file)
			if err != nil {
				return nil, err
			}
			line = verb + " " + pkg + "=" + kept + "\n"
		}
		out.WriteString(line)
	}
	return out.Bytes(), nil
}

// keepInput returns a path with the content of the file that outlives the build.
func keepInput(name string) (string, error) {
	cache := os.Getenv("GOCACHE")
	if strings.HasPrefix(name, cache+string(filepath.Separator)) {
		return name, nil
	}
	sum, size, err := digestFile(name)
	if err != nil {
		return "", err
	}
	cached := filepath.Join(cache, sum[:2], sum+"-d")
	if st, err := os.Stat(cached); err == nil && st.Size() == size {
		return cached, nil
	}
	kept := filepath.Join(os.Getenv(captureStoreVar), "objects", sum+".a")
	if st, err := os.Stat(kept); err == nil && st.Size() == size {
		return kept, nil
	}
	return kept, copyFile(kept, name)
}

// copyFile copies a file through a temporary file beside the new one.
func copyFile(dst, src string) error {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp(filepath.Dir(dst), "tmp-*")
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err2 := out.Close(); err == nil {
		err = err2
	}
	if err != nil {
		os.Remove(out.Name())
		return err
	}
	return os.Rename(out.Name(), dst)
}

// fileName makes one file name of an import path.
func fileName(path string) string { return strings.ReplaceAll(path, "/", "!") }
