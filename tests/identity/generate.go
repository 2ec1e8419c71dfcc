// generate.go - programs that are too large to store, written by the runner.

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Generator writes one program.
type Generator struct {
	name    string
	version string // changes with the text that is written
	files   func() map[string]string
}

var generators = []*Generator{
	{"manypackages", "1", manyPackages},
	{"bigtables", "1", bigTables},
	{"manytypes", "1", manyTypes},
}

// generatedBatch builds a generated program, in the store.
func generatedBatch(s *Store, g *Generator) *Batch {
	dir := s.path("sources", "generated", g.name+"-"+g.version)
	return &Batch{
		Name:     g.name,
		Programs: []string{g.name},
		Sources:  digest(g.version),
		prepare: func() (string, []string, error) {
			for name, text := range g.files() {
				name = filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
					return "", nil, err
				}
				if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
					return "", nil, err
				}
			}
			return dir, []string{g.name}, nil
		},
		program: func(string) string { return g.name },
	}
}

func goMod(module string) string { return "module " + module + "\n\ngo 1.26\n" }

// manyPackages is 300 packages, each with a type, an initialiser and a call into two others.
func manyPackages() map[string]string {
	const n = 300
	files := map[string]string{"go.mod": goMod("manypackages")}
	var imports, calls strings.Builder
	for i := range n {
		var text strings.Builder
		fmt.Fprintf(&text, "package p%03d\n\n", i)
		var uses []int
		for _, k := range []int{i / 2, i - 7} {
			if k >= 0 && k < i && (len(uses) == 0 || uses[0] != k) {
				uses = append(uses, k)
			}
		}
		for _, k := range uses {
			fmt.Fprintf(&text, "import \"manypackages/p%03d\"\n", k)
		}
		fmt.Fprintf(&text, `
// T has the same name in every package.
type T struct{ A, B int; S []T; M map[string]*T }

func (t *T) Get() int { return t.A + %d }

type Getter interface{ Get() int }

var table = map[string]int{"a": %d, "b": len(name)}
var name = "package %d"

func init() { table[name]++ }

//go:noinline
func F(x int) int {
	var g Getter = &T{A: x}
	s := g.Get() + table[name]
`, i, i, i)
		for _, k := range uses {
			fmt.Fprintf(&text, "\tif x > %d { s += p%03d.F(x - 1) }\n", k, k)
		}
		text.WriteString("\treturn s\n}\n")
		files[fmt.Sprintf("p%03d/p.go", i)] = text.String()
		fmt.Fprintf(&imports, "\t\"manypackages/p%03d\"\n", i)
		fmt.Fprintf(&calls, "\ts += p%03d.F(2)\n\tshow(p%03d.T{})\n", i, i)
	}
	files["main.go"] = "package main\n\nimport (\n\t\"fmt\"\n" + imports.String() + ")\n\n" +
		"func show(v any) { if fmt.Sprint(v) == \"\" { panic(v) } }\n\n" +
		"func main() {\n\ts := 0\n" + calls.String() + "\tprintln(s)\n}\n"
	return files
}

// bigTables is large read-only and writable data with and without pointers, and a huge zeroed array.
func bigTables() map[string]string {
	var text strings.Builder
	text.WriteString("package main\n\nvar zero [300 << 20]byte\nvar zeroPointers [1 << 20]*int\n\n")
	text.WriteString("var numbers = [...]uint64{")
	x := uint64(1)
	for i := range 40000 {
		if i%8 == 0 {
			text.WriteString("\n\t")
		}
		x = x*6364136223846793005 + 1442695040888963407
		fmt.Fprintf(&text, "%d, ", x)
	}
	text.WriteString("\n}\n\nvar strings = [...]string{\n")
	for i := range 20000 {
		fmt.Fprintf(&text, "\t\"string number %d\",\n", i*i)
	}
	text.WriteString("}\n\nvar pointers = [...]*uint64{\n")
	for i := range 10000 {
		fmt.Fprintf(&text, "\t&numbers[%d],\n", (i*7919)%40000)
	}
	text.WriteString("}\n\nfunc pick(i int) string {\n\tswitch i {\n")
	for i := range 3000 {
		fmt.Fprintf(&text, "\tcase %d:\n\t\treturn \"case %d\"\n", i*3, i)
	}
	text.WriteString("\t}\n\treturn \"none\"\n}\n\nfunc main() {\n" +
		"\tn := len(zero) % 7\n" +
		"\tzero[n]++\n\tzeroPointers[n] = new(int)\n" +
		"\tprintln(numbers[n], strings[n], *pointers[n], pick(n), zero[0])\n}\n")
	return map[string]string{"go.mod": goMod("bigtables"), "main.go": text.String()}
}

// manyTypes is many generic instances and types with methods, all reachable by reflection.
func manyTypes() map[string]string {
	var text strings.Builder
	text.WriteString("package main\n\nimport (\n\t\"fmt\"\n\t\"reflect\"\n)\n\n" +
		"type Pair[A, B any] struct { First A; Second B }\n\n" +
		"func (p Pair[A, B]) Swap() Pair[B, A] { return Pair[B, A]{p.Second, p.First} }\n\n" +
		"func (p *Pair[A, B]) Set(a A, b B) { p.First, p.Second = a, b }\n\n" +
		"func show(v any) {\n\tt := reflect.TypeOf(v)\n\tfor i := range t.NumMethod() { fmt.Println(t.Method(i).Name) }\n}\n\n")
	const n = 400
	for i := range n {
		fmt.Fprintf(&text, "type T%d struct { N [%d]int; P *T%d; F func(T%d) []T%d }\n\n", i, i%13+1, (i*31+1)%n, (i*17)%n, (i*5)%n)
		fmt.Fprintf(&text, "func (t *T%d) M%d(x int) map[T%dKey]int { return map[T%dKey]int{T%dKey(x): %d} }\n\n", i, i%50, i, i, i, i)
		fmt.Fprintf(&text, "type T%dKey int\n\nfunc (k T%dKey) String() string { return \"key %d\" }\n\n", i, i, i)
	}
	text.WriteString("func main() {\n")
	for i := range n {
		fmt.Fprintf(&text, "\tshow(&T%d{})\n", i)
		if i%4 == 0 {
			fmt.Fprintf(&text, "\tshow(&Pair[T%d, *T%d]{})\n\tshow(Pair[T%dKey, []T%d]{}.Swap())\n", i, (i*3)%n, i, (i*7)%n)
		}
	}
	text.WriteString("}\n")
	return map[string]string{"go.mod": goMod("manytypes"), "main.go": text.String()}
}
