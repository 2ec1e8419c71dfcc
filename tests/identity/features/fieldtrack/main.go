// Field tracking: -k tells the program which fields with the tag it uses, and what led to the functions that do.
package main

import (
	"fmt"
	"sort"
	"strings"
)

type record struct {
	Called     int `go:"track"`
	Dynamic    int `go:"track"`
	Sorted     int `go:"track"`
	Never      int `go:"track"`
	NotTracked int
}

func (r *record) call() int      { return r.Called + r.NotTracked }
func (r *record) never() int     { return r.Never }
func (r *record) String() string { return fmt.Sprint("dynamic ", r.Dynamic) }

type records []record

func (r records) Len() int           { return len(r) }
func (r records) Less(i, j int) bool { return r[i].Sorted < r[j].Sorted }
func (r records) Swap(i, j int)      { r[i], r[j] = r[j], r[i] }

var fields string // set by -k

func main() {
	rs := records{{Called: 1, Sorted: 2}, {Dynamic: 3, Sorted: 1}}
	sort.Sort(rs)
	fmt.Println(rs[0].call(), &rs[1])
	for _, line := range strings.Split(fields, "\n") {
		fmt.Println(strings.Split(line, "\t"))
	}
}
