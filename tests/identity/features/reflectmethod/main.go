// reflect.Type.Method keeps every exported method of every reachable type.
package main

import (
	"fmt"
	"reflect"
)

type service struct{ n int }

func (s *service) Start(x int) error   { s.n += x; return nil }
func (s *service) Stop()               { s.n = 0 }
func (s service) State() (int, string) { return s.n, "state" }
func (s service) hidden()              { println("hidden") }

type other struct{}

func (other) Unused() { fmt.Println("unused") }

func main() {
	var keep any = other{}
	t := reflect.TypeOf(&service{})
	for i := range t.NumMethod() {
		m := t.Method(i)
		fmt.Println(m.Name, m.Type, keep)
	}
}
