// MethodByName with constant names: only methods of these names are kept.
package main

import (
	"fmt"
	"reflect"
)

type service struct{ n int }

func (s *service) Start(x int) error { s.n += x; return nil }
func (s *service) Stop()             { s.n = 0 }
func (s *service) Dropped()          { fmt.Println("not reachable") }

type other struct{}

func (other) Stop()    { fmt.Println("other stops") }
func (other) Dropped() { fmt.Println("not reachable") }

func main() {
	v := reflect.ValueOf(&service{})
	v.MethodByName("Start").Call([]reflect.Value{reflect.ValueOf(3)})
	m, _ := reflect.TypeOf(other{}).MethodByName("Stop")
	m.Func.Call([]reflect.Value{reflect.ValueOf(other{})})
}
