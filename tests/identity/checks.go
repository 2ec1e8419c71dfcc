// checks.go - what is done beyond one comparison: describe a difference, compare runs of gild with
// each other, put the inputs at other paths.

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// describeDifference says where two outputs differ first, and keeps them with -keep.
func describeDifference(opt *Options, s *Store, l *Link, stockFile, gildFile string) string {
	if err := ensureReference(l, stockFile); err != nil {
		return err.Error()
	}
	detail := compareFiles(stockFile, gildFile)
	if !opt.keep {
		return detail
	}
	dir := s.path("kept", strings.ReplaceAll(l.Name, "/", "_"))
	var kept [2]string
	for i, f := range []string{stockFile, gildFile} {
		kept[i] = filepath.Join(dir, filepath.Base(filepath.Dir(f)), l.Output)
		err := os.MkdirAll(filepath.Dir(kept[i]), 0o777)
		if err == nil {
			err = copyFile(kept[i], f)
		}
		if err != nil {
			return detail + "; " + err.Error()
		}
	}
	detail += "\n    " + kept[0] + "\n    " + kept[1]
	if opt.verbose {
		out, _ := exec.Command(opt.gild, "diff", kept[0], kept[1]).CombinedOutput()
		if text := strings.TrimSpace(string(out)); text != "" {
			detail += "\n    " + strings.ReplaceAll(text, "\n", "\n    ")
		}
	}
	return detail
}

// compareFiles names the first offset at which two files differ.
func compareFiles(stockFile, gildFile string) string {
	a, err := os.Open(stockFile)
	if err != nil {
		return err.Error()
	}
	defer a.Close()
	b, err := os.Open(gildFile)
	if err != nil {
		return err.Error()
	}
	defer b.Close()
	ra, rb := bufio.NewReaderSize(a, 1<<16), bufio.NewReaderSize(b, 1<<16)
	for off := int64(0); ; off++ {
		ca, errA := ra.ReadByte()
		cb, errB := rb.ReadByte()
		if ca != cb || errA != errB {
			sizeA, _ := a.Seek(0, io.SeekEnd)
			sizeB, _ := b.Seek(0, io.SeekEnd)
			return fmt.Sprintf("first difference at offset %#x (%d bytes stock, %d bytes gild)", off, sizeA, sizeB)
		}
		if errA != nil {
			return "the digests differ, the files do not"
		}
	}
}

// checkJobs links again with gild at one and two threads; it returns what was wrong.
func checkJobs(opt *Options, l *Link, first *Run, scratch string) string {
	for _, flag := range []string{"-j=1", "-j=2", "-j=2"} {
		run, err := linkOnce(l, opt.gild, append([]string{flag}, opt.gildFlags...), filepath.Join(scratch, "again", l.Output))
		if err != nil {
			return err.Error()
		}
		if run.Exit != 0 || run.Digest != first.Digest {
			return fmt.Sprintf("another output with %s: %s", flag, run.Message)
		}
	}
	return ""
}

// moveInputs returns the same link with its inputs under other names in another folder.
func moveInputs(l *Link, dir string) (*Link, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(l.ImportCfg)
	if err != nil {
		return nil, err
	}
	n := 0
	move := func(file string) (string, error) {
		n++
		moved := filepath.Join(dir, fmt.Sprintf("input%d.a", n))
		return moved, os.Symlink(file, moved)
	}
	var cfg strings.Builder
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "packagefile "); ok {
			pkg, file, _ := strings.Cut(rest, "=")
			moved, err := move(file)
			if err != nil {
				return nil, err
			}
			line = "packagefile " + pkg + "=" + moved + "\n"
		}
		cfg.WriteString(line)
	}
	m := *l
	m.ImportCfg = filepath.Join(dir, "importcfg")
	if err := os.WriteFile(m.ImportCfg, []byte(cfg.String()), 0o666); err != nil {
		return nil, err
	}
	m.Main, err = move(l.Main)
	return &m, err
}
