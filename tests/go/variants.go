// variants.go - the ways in which Go's cgo tests are built and run.
//
// Most of those tests are worth little in one link mode. The list is that of the Go project's own test driver for Linux, which
// starts the packages with other flags and variables again and again. (It asks the fips140 tests for a name that
// they no longer have.)
// REF   cmd/dist/test.go: registerCgoTests, registerRaceTests, registerTests.

package main

import (
	"slices"
	"strings"
)

// variant is one run of some packages of a suite, with arguments of go test and variables of its own.
type variant struct {
	name     string // empty in a suite that has one only
	packages []string
	only     string // -run
	args     []string
	env      []string
	needs    string // a program without which it is left out
}

const cgoTests = "cmd/cgo/internal/"

var (
	staticArgs  = []string{"-tags=static", "-ldflags=-linkmode=external -extldflags \"-static -pthread\""}
	tlsAndNoCgo = []string{cgoTests + "testtls", cgoTests + "testnocgo"}
	mainTest    = []string{cgoTests + "test"}
)

var cgoVariants = []variant{
	{name: "auto", packages: []string{cgoTests + "..."}},
	// gcc has no memory sanitizer.
	{name: "clang", packages: []string{cgoTests + "testsanitizers", cgoTests + "testtls", cgoTests + "teststdio"}, needs: "clang-19",
		env: []string{"CC=clang-19", "CXX=clang++-19"}},
	{name: "internal", packages: mainTest, args: []string{"-tags=internal", "-ldflags=-linkmode=internal"}},
	{name: "external-g0", packages: mainTest, args: []string{"-ldflags=-linkmode=external"},
		env: []string{"CGO_CFLAGS=-g0 -fdiagnostics-color"}},
	{name: "external", packages: tlsAndNoCgo, args: []string{"-ldflags=-linkmode=external"}},
	{name: "static", packages: append(mainTest, tlsAndNoCgo...), args: staticArgs},
	{name: "auto-static", packages: mainTest, args: []string{"-tags=static"}, env: []string{"CGO_LDFLAGS=-static -pthread"}},
	{name: "auto-pie", packages: append(mainTest, tlsAndNoCgo...), args: []string{"-buildmode=pie"}},
	{name: "internal-pie", packages: mainTest,
		args: []string{"-tags=internal,internal_pie", "-buildmode=pie", "-ldflags=-linkmode=internal"}},
	{name: "os-user-internal-pie", packages: []string{"os/user"}, args: []string{"-buildmode=pie", "-ldflags=-linkmode=internal"}},
	{name: "net-nolibgcc", packages: []string{"net"}, only: "TestTCPStress", args: []string{"-ldflags=-linkmode=internal -libgcc=none"}},
	{name: "os-user-nolibgcc", packages: []string{"os/user"}, only: "^Test[^CS]", args: []string{"-ldflags=-linkmode=internal -libgcc=none"}},
	{name: "fips-external", packages: []string{"crypto/internal/fips140test"}, only: "TestIntegrityCheck",
		args: []string{"-buildmode=exe", "-ldflags=-linkmode=external"}},
	{name: "fips-external-pie", packages: []string{"crypto/internal/fips140test"}, only: "TestIntegrityCheck",
		args: []string{"-buildmode=pie", "-ldflags=-linkmode=external"}},
	{name: "race-detector", packages: []string{"runtime/race"}, only: "Output", args: []string{"-race"}},
	{name: "race", packages: []string{"flag", "net", "os", "os/exec", "encoding/gob"}, args: []string{"-race"},
		only: "TestParse|TestEcho|TestStdinCloseRace|TestClosedPipeRace|TestTypeRace|TestFdRace|TestFdReadRace|TestFileCloseRace"},
	{name: "race-external", packages: []string{"flag", "os/exec"}, only: "TestParse|TestEcho|TestStdinCloseRace",
		args: []string{"-race", "-ldflags=-linkmode=external"}},
}

// covers reports whether a pattern of the go command, a package or one with ... at its end, stands for the package.
func covers(pattern, pkg string) bool {
	prefix, all := strings.CutSuffix(pattern, "...")
	return pkg == pattern || all && strings.HasPrefix(pkg, prefix)
}

// chooseVariants returns those of a suite that the words name, by their name or a package; without words, all.
func chooseVariants(all []variant, words []string) []variant {
	if len(words) == 0 {
		return all
	}
	var out []variant
	for _, v := range all {
		if slices.Contains(words, v.name) {
			out = append(out, v)
			continue
		}
		patterns := v.packages
		v.packages = nil
		for _, w := range words {
			if slices.ContainsFunc(patterns, func(p string) bool { return covers(p, w) }) {
				v.packages = append(v.packages, w)
			}
		}
		if len(v.packages) > 0 {
			out = append(out, v)
		}
	}
	return out
}
