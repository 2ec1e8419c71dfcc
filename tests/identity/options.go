// options.go - the command line: which links are wanted and what to do with them.

package main

import (
	"flag"
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// Options is the parsed command line.
type Options struct {
	targets  []Target
	modes    []string
	flagSets []FlagSet
	anyFlags bool // -flags was not given; sets smoke and flags have their own
	sets     []string
	releases []*Release

	gild      string   // path of the linker under test
	gildFlags []string // put in front of the captured arguments
	jobs      int      // links at a time
	buildJobs int      // go build -p

	filter   *regexp.Regexp
	list     bool // print the names of the links
	show     bool // print shell commands for the links
	capture  bool // capture only
	captured bool // use only what is captured already
	fresh    bool // do not use cached results of the stock linker
	keep     bool // keep the files of a link that differs
	verbose  bool
	time     bool
	checkJ   bool // gild's output is the same at any -j and from run to run
	movePath bool // link with the inputs at other paths
}

// Target is an operating system and an architecture.
type Target struct{ OS, Arch string }

func (t Target) String() string { return t.OS + "/" + t.Arch }

// Slug is the form used in names of links and of files.
func (t Target) Slug() string { return t.OS + "-" + t.Arch }

// HasMode is false for a build mode that means the same as another one (every executable of darwin/arm64 is
// position-independent, as it is for windows/arm64), and for one that the stock linker fails in (for android it takes the symbol table of
// exported symbols for data).
func (t Target) HasMode(mode string) bool {
	return mode != "exe" || t != Target{"darwin", "arm64"} && t != Target{"android", "arm64"} && t != Target{"windows", "arm64"}
}

// FlagSet is one way to call the build: variables, flags for `go build` and flags for the linker.
type FlagSet struct {
	Name  string // as in names of links: "default", "s,w", "trimpath", "GOAMD64=v3"
	Env   []string
	Build []string
	Link  []string
}

const (
	defaultFlags = "default; -s -w; -w; -trimpath; -compressdwarf=false"
	defaultModes = "pie,exe"
)

// forTarget puts the target in the place of $GOOS and $GOARCH.
func (fs FlagSet) forTarget(t Target) FlagSet {
	names := strings.NewReplacer("$GOOS", t.OS, "$GOARCH", t.Arch)
	fs.Name = names.Replace(fs.Name)
	fs.Link = slices.Clone(fs.Link)
	for i := range fs.Link {
		fs.Link[i] = names.Replace(fs.Link[i])
	}
	return fs
}

// isVariable tells if a word of a flag set is a variable of the build: GOAMD64=v3.
func isVariable(word string) bool {
	return strings.HasPrefix(word, "GO") && strings.Contains(word, "=")
}

// parseFlagSet reads the words of one set: GO... variables; -trimpath is a flag of go build, all others go to the linker.
func parseFlagSet(text string) FlagSet {
	fs := FlagSet{Name: "default"}
	words := strings.Fields(text)
	if len(words) == 0 || text == "default" {
		return fs
	}
	for _, w := range words {
		switch {
		case isVariable(w):
			fs.Env = append(fs.Env, w)
		case w == "-trimpath":
			fs.Build = append(fs.Build, w)
		default:
			fs.Link = append(fs.Link, w)
		}
	}
	names := make([]string, len(words))
	for i, w := range words {
		names[i] = strings.ReplaceAll(strings.TrimLeft(w, "-"), "/", "_")
	}
	fs.Name = strings.Join(names, ",")
	return fs
}

func parseOptions(args []string) (*Options, error) {
	opt := &Options{}
	fl := flag.NewFlagSet("identity", flag.ExitOnError)
	targets := fl.String("targets", "darwin/amd64,darwin/arm64,linux/amd64,linux/arm64,android/arm64,windows/amd64,windows/arm64", "`list` of targets, comma-separated")
	modes := fl.String("modes", defaultModes, "`list` of build modes, comma-separated")
	flags := fl.String("flags", defaultFlags, "`list` of flag sets, separated by semicolons")
	sets := fl.String("sets", "smoke", "`list` of program sets: "+strings.Join(setNames, ", "))
	releases := fl.String("releases", "1.26,1.27", "`list` of Go releases")
	filter := fl.String("filter", "", "use only the links whose name matches this `regexp`")
	gildFlags := fl.String("gildflags", "", "extra `flags` for gild")
	check := fl.String("check", "", "`list` of further checks: j (same output at -j=1, -j=2 and again), path (inputs at other paths)")
	fl.StringVar(&opt.gild, "gild", envOr("GILD", "build/gild"), "the linker under test (default: $GILD, or build/gild of the project)")
	fl.IntVar(&opt.jobs, "jobs", runtime.NumCPU(), "links at a time")
	fl.IntVar(&opt.buildJobs, "p", 2, "go build -p while capturing")
	fl.BoolVar(&opt.list, "list", false, "print the names of the links that are captured")
	fl.BoolVar(&opt.show, "show", false, "print shell commands that link each of the links; regexps may follow as arguments")
	fl.BoolVar(&opt.capture, "capture", false, "capture only, do not link")
	fl.BoolVar(&opt.captured, "captured", false, "do not capture; use what the store has")
	fl.BoolVar(&opt.fresh, "fresh", false, "link again with the stock linker even if its result is known")
	fl.BoolVar(&opt.keep, "keep", false, "keep both files of a link that differs")
	fl.BoolVar(&opt.verbose, "v", false, "print a line for every link; implies -keep and runs gild diff on differences")
	fl.BoolVar(&opt.time, "time", false, "print the time and peak memory of both linkers for every link")
	if err := fl.Parse(args); err != nil {
		return nil, err
	}

	explicit := map[string]bool{}
	fl.Visit(func(f *flag.Flag) { explicit[f.Name] = true })
	for _, s := range splitList(*targets, ",") {
		goos, arch, ok := strings.Cut(s, "/")
		if !ok {
			return nil, fmt.Errorf("target '%s' is not of the form os/arch", s)
		}
		opt.targets = append(opt.targets, Target{goos, arch})
	}
	opt.anyFlags = !explicit["flags"]
	opt.modes = splitList(*modes, ",")
	for _, s := range splitList(*flags, ";") {
		if s != "default" && s[0] != '-' && !isVariable(s) {
			return nil, fmt.Errorf("flag set '%s' does not begin with a flag or a variable; flag sets are separated by semicolons", s)
		}
		opt.flagSets = append(opt.flagSets, parseFlagSet(s))
	}
	if opt.sets = splitList(*sets, ","); opt.list || opt.show {
		if !explicit["sets"] {
			opt.sets = setNames
		}
		opt.captured = true
	}
	pattern := *filter
	if opt.show && fl.NArg() > 0 {
		pattern = strings.Join(fl.Args(), "|")
	} else if fl.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument '%s'", fl.Arg(0))
	}
	var err error
	if opt.filter, err = regexp.Compile(pattern); err != nil {
		return nil, err
	}
	for _, s := range splitList(*check, ",") {
		switch s {
		case "j":
			opt.checkJ = true
		case "path":
			opt.movePath = true
		default:
			return nil, fmt.Errorf("unknown check '%s'", s)
		}
	}
	opt.gildFlags = strings.Fields(*gildFlags)
	opt.keep = opt.keep || opt.verbose
	if !explicit["gild"] && !filepath.IsAbs(opt.gild) {
		opt.gild = filepath.Join(identityDir(), "../..", opt.gild)
	}
	if opt.gild, err = filepath.Abs(opt.gild); err != nil {
		return nil, err
	}
	opt.releases, err = findReleases(splitList(*releases, ","))
	return opt, err
}

// splitList splits text at sep and drops empty items.
func splitList(text, sep string) []string {
	var out []string
	for _, s := range strings.Split(text, sep) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}
