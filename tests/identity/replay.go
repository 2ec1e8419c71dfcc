// replay.go - link what was captured with both linkers and compare the outputs.

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// linkTimeout is when a linker is taken to hang.
const linkTimeout = 10 * time.Minute

// unsupportedText is what gild says of a flag that is known and that it cannot honour.
const unsupportedText = "not supported by gild yet"

// Outcome is what became of one link.
type Outcome int

const (
	Identical    Outcome = iota
	Intended             // differs, and is meant to
	Refused              // both linkers fail
	Different            // the outputs differ
	Failed               // gild fails where the stock linker does not, or the reverse
	Unsupported          // a flag of set flags that gild says it does not support
	outcomeCount int     = iota
)

var outcomeNames = [...]string{"identical", "intended", "refused by both", "different", "failed", "unsupported"}

// Result is the outcome of one link and what to print about it.
type Result struct {
	link    *Link
	outcome Outcome
	detail  string
	stock   float64 // seconds
	gild    float64
}

// Run is one run of a linker.
type Run struct {
	Exit    int     // status
	Digest  string  // of the output
	Size    int64   // of the output
	Seconds float64 // wall time
	Message string  // first line of standard error, or of standard output
}

func filterLinks(links []*Link, re *regexp.Regexp) []*Link {
	links = slices.DeleteFunc(links, func(l *Link) bool { return !re.MatchString(l.Name) })
	slices.SortFunc(links, func(a, b *Link) int { return strings.Compare(a.Name, b.Name) })
	return links
}

// replayAll links with opt.jobs workers and prints what is not identical as it comes; a long run
// says on standard error how far it is.
func replayAll(opt *Options, s *Store, links []*Link) []*Result {
	results := make([]*Result, len(links))
	next := make(chan int)
	var workers sync.WaitGroup
	var print sync.Mutex
	for range opt.jobs {
		workers.Go(func() {
			for i := range next {
				r := replay(opt, s, links[i])
				results[i] = r
				print.Lock()
				printResult(opt, r)
				print.Unlock()
			}
		})
	}
	said := time.Now()
	for i := range links {
		next <- i
		if time.Since(said) > time.Minute {
			said = time.Now()
			fmt.Fprintf(os.Stderr, "identity: %d of %d links\n", i, len(links))
		}
	}
	close(next)
	workers.Wait()
	return results
}

// replay links once with each linker and compares.
func replay(opt *Options, s *Store, l *Link) *Result {
	r := &Result{link: l}
	scratch, err := os.MkdirTemp(s.path("scratch"), "link-")
	if err != nil {
		return r.fail(err.Error())
	}
	defer os.RemoveAll(scratch)
	if opt.movePath {
		if l, err = moveInputs(l, filepath.Join(scratch, "inputs")); err != nil {
			return r.fail(err.Error())
		}
	}
	stockFile := filepath.Join(scratch, "stock", l.Output)
	gildFile := filepath.Join(scratch, "gild", l.Output)
	stock, err := referenceRun(opt, s, l, stockFile)
	if err != nil {
		return r.fail(err.Error())
	}
	gild, err := linkOnce(l, opt.gild, opt.gildFlags, gildFile)
	if err != nil {
		return r.fail(err.Error())
	}
	r.stock, r.gild = stock.Seconds, gild.Seconds
	switch {
	case stock.Exit != 0 && gild.Exit != 0:
		r.outcome = Refused
		if a, b := errorText(stock, l.Linker), errorText(gild, opt.gild); a != b {
			r.detail = "in other words:\n    " + a + "\n    " + b
		}
	case stock.Exit != 0:
		return r.fail("the stock linker refuses: " + stock.Message)
	case gild.Exit != 0 && l.Set == "flags" && strings.Contains(gild.Message, unsupportedText):
		r.outcome, r.detail = Unsupported, gild.Message
	case gild.Exit != 0:
		return r.fail(gild.Message)
	case stock.Digest != gild.Digest:
		r.outcome = Different
		if l.Differs != "" {
			r.outcome, r.detail = Intended, l.Differs
			return r
		}
		r.detail = describeDifference(opt, s, l, stockFile, gildFile)
	case l.Differs != "":
		r.outcome, r.detail = Different, "identical, but meant to differ: "+l.Differs
	case opt.checkJ:
		if detail := checkJobs(opt, l, gild, scratch); detail != "" {
			r.outcome, r.detail = Different, detail
		}
	}
	return r
}

func (r *Result) fail(detail string) *Result {
	r.outcome, r.detail = Failed, detail
	return r
}

// linkOnce runs one linker and takes the digest of what it wrote. A linker that could not be
// started is an error; one that failed is not.
func linkOnce(l *Link, linker string, flags []string, output string) (*Run, error) {
	if err := os.MkdirAll(filepath.Dir(output), 0o777); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), linkTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, linker, linkArgs(l, flags, output)...)
	cmd.Dir = l.Dir
	cmd.Env = append(append(withoutGo(os.Environ()), l.Env...), "GILD_FALLBACK=off")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err := cmd.Run()
	run := &Run{Seconds: time.Since(start).Seconds()}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		run.Exit = exit.ExitCode()
		run.Message = exit.String() + ": " // "exit status 1", "signal: killed"
	} else if err != nil {
		return nil, err
	}
	run.Message += firstLine(stderr.String(), stdout.String())
	if run.Exit != 0 {
		return run, nil
	}
	if run.Digest, run.Size, err = digestFile(output); err != nil || !slices.Contains(l.Args, besideOutput) {
		return run, err
	}
	more, _, err := digestFile(output + ".more")
	run.Digest = digest(run.Digest, more)
	return run, err
}

// errorText is the message of a failed run without the name of the linker.
func errorText(run *Run, linker string) string {
	return strings.NewReplacer(": "+linker+": ", ": ", ": "+filepath.Base(linker)+": ", ": ").Replace(run.Message)
}

// linkArgs is the captured command with another output, in the order of cmd/go.
func linkArgs(l *Link, flags []string, output string) []string {
	args := append(slices.Clone(flags), "-o", output, "-importcfg", l.ImportCfg)
	for _, a := range l.Args {
		if a == besideOutput {
			a = output + ".more"
		}
		args = append(args, a)
	}
	return append(args, l.Main)
}

// firstLine returns the first line that says something; "# package" lines and the like do not.
func firstLine(texts ...string) string {
	for _, text := range texts {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" {
				return line
			}
		}
	}
	return ""
}
