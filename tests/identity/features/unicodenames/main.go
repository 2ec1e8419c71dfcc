// Names outside ASCII: packages, types, methods whose first letter is an upper case letter.
package main

import (
	"fmt"
	"reflect"

	größe "feature/unicodenames/size"
)

type Ärger struct{ Öl, ß int }

func (Ärger) Übung() string { return "exported" }
func (Ärger) übung() string { return "not exported" }
func (Ärger) Жук() string   { return "exported" }
func (Ärger) жук() string   { return "not exported" }
func (Ärger) Ǆ() string     { return "upper case" }
func (Ärger) ǅ() string     { return "title case" }
func (Ärger) 世界() string    { return "no case" }

type 世界 interface{ 世界() string }

func main() {
	var w 世界 = Ärger{}
	t := reflect.TypeOf(w)
	for i := range t.NumMethod() {
		fmt.Println(t.Method(i).Name)
	}
	fmt.Println(w.世界(), größe.Größe{Höhe: 1}.Summe(), größe.Π[größe.Größe]{})
}
