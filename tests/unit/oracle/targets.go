// targets.go - the platforms of a release (internal/platform; see run for how it gets here).

package main

import "gild/tests/unit/oracle/platform"

// In the order of gild's enum BuildMode, which starts at 1.
var buildModes = []string{"exe", "pie", "c-archive", "c-shared", "shared", "plugin"}

// Traits, as in u_target.c.
const (
	internalPIE = 1 << iota
	alwaysExternal
	defaultPIE
)

// A case is a pair of GOOS and GOARCH. The input says whether there is such a platform; the output is a byte of build
// modes (bit n: mode n) and a byte of traits.
func targetCases() {
	exists := map[platform.OSArch]bool{}
	systems, processors := map[string]bool{}, map[string]bool{}
	for _, p := range platform.List {
		exists[p] = true
		systems[p.GOOS], processors[p.GOARCH] = true, true
	}
	for goos := range systems {
		for goarch := range processors {
			p := platform.OSArch{GOOS: goos, GOARCH: goarch}
			if !exists[p] {
				record(p.String(), []byte{0}, nil)
				continue
			}
			record(p.String(), []byte{1}, []byte{modes(p), traits(p)})
		}
	}
}

func modes(p platform.OSArch) (bits byte) {
	for i, mode := range buildModes {
		if platform.BuildModeSupported("gc", mode, p.GOOS, p.GOARCH) {
			bits |= 1 << (i + 1)
		}
	}
	return bits
}

func traits(p platform.OSArch) (bits byte) {
	if platform.InternalLinkPIESupported(p.GOOS, p.GOARCH) {
		bits |= internalPIE
	}
	if platform.MustLinkExternal(p.GOOS, p.GOARCH, false) {
		bits |= alwaysExternal
	}
	if platform.DefaultPIE(p.GOOS, p.GOARCH, false) {
		bits |= defaultPIE
	}
	return bits
}
