// report.go - what is printed: one line a link, the summary, and commands to link by hand.

package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// printResult prints the line of one link, if it is worth one.
func printResult(opt *Options, r *Result) {
	quiet := r.outcome == Identical || r.outcome == Intended || r.outcome == Refused && r.detail == ""
	if quiet && !opt.verbose && !opt.time {
		return
	}
	line := fmt.Sprintf("%-10s %s", strings.ToUpper(outcomeNames[r.outcome]), r.link.Name)
	if opt.time && r.gild > 0 {
		line += fmt.Sprintf("  stock %.3fs gild %.3fs ratio %.1f", r.stock, r.gild, r.stock/r.gild)
	}
	if r.detail != "" {
		line += "\n    " + r.detail
	}
	fmt.Println(line)
}

// printSummary prints the table and the totals by target; it reports whether all is well.
func printSummary(w io.Writer, opt *Options, results []*Result) bool {
	rows := map[string]*[outcomeCount]int{}
	targets := map[string]*[outcomeCount]int{}
	count := func(m map[string]*[outcomeCount]int, key string, o Outcome) {
		if m[key] == nil {
			m[key] = new([outcomeCount]int)
		}
		m[key][o]++
	}
	var stock, gild float64
	good := true
	for _, r := range results {
		l := r.link
		flags := l.Flags
		if l.Set == "smoke" || l.Set == "flags" {
			flags = "various"
		}
		count(rows, strings.Join([]string{l.Set, l.Target, l.Release, l.Mode, flags}, "\t"), r.outcome)
		count(targets, l.Target, r.outcome)
		good = good && r.outcome != Different && r.outcome != Failed
		stock += r.stock
		gild += r.gild
	}

	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "set\ttarget\trelease\tmode\tflags\t"+strings.Join(outcomeNames[:], "\t"))
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprint(table, key)
		for _, n := range rows[key] {
			fmt.Fprintf(table, "\t%d", n)
		}
		fmt.Fprintln(table)
	}
	table.Flush()
	fmt.Fprintln(w)
	for _, target := range slices.Sorted(maps.Keys(targets)) {
		c := targets[target]
		fmt.Fprintf(w, "%s: %d links: %d identical, %d different, %d failed", target,
			sum(c[:]), c[Identical], c[Different], c[Failed])
		if n := c[Intended] + c[Refused] + c[Unsupported]; n > 0 {
			fmt.Fprintf(w, " (%d differ by intent, %d refused by both, %d with unsupported flags)",
				c[Intended], c[Refused], c[Unsupported])
		}
		fmt.Fprintln(w)
	}
	if opt.time && gild > 0 {
		fmt.Fprintf(w, "time: stock %.1fs, gild %.1fs, ratio %.1f\n", stock, gild, stock/gild)
	}
	return good
}

func sum(counts []int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// showLink prints shell commands that link once with each linker and compare.
func showLink(w io.Writer, opt *Options, l *Link) {
	fmt.Fprintf(w, "# %s\n", l.Name)
	for _, linker := range []struct{ name, path string }{{"stock", l.Linker}, {"gild", opt.gild}} {
		output := "/tmp/" + linker.name + "/" + l.Output
		fmt.Fprintf(w, "mkdir -p /tmp/%s && cd %s && env", linker.name, quote(l.Dir))
		for _, e := range l.Env {
			fmt.Fprintf(w, " %s", quote(e))
		}
		var flags []string
		if linker.name == "gild" {
			fmt.Fprint(w, " GILD_FALLBACK=off")
			flags = opt.gildFlags
		}
		fmt.Fprintf(w, " %s", quote(linker.path))
		for _, a := range linkArgs(l, flags, output) {
			fmt.Fprintf(w, " %s", quote(a))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "cmp /tmp/stock/%s /tmp/gild/%s\n\n", quote(l.Output), quote(l.Output))
}

// quote quotes a word for the shell.
func quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_=/.,:@%+", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
