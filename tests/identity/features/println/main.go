// The smallest program: the runtime and no other package.
package main

func main() { println("hello") }
