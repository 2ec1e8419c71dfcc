// MethodByName with a name from outside keeps every exported method.
package main

import (
	"fmt"
	"os"
	"reflect"
)

type service struct{}

func (service) Start() { fmt.Println("start") }
func (service) Stop()  { fmt.Println("stop") }

func main() {
	name := "Stop"
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	if m := reflect.ValueOf(service{}).MethodByName(name); m.IsValid() {
		m.Call(nil)
	}
}
