// The packages of the standard library that have C code of their own, or would have it on other systems.
package main

import (
	"crypto/x509"
	"fmt"
	"net"
	"os/user"
	"runtime/cgo"
)

func main() {
	addrs, err := net.LookupHost("localhost")
	fmt.Println(len(addrs) > 0, err)
	u, err := user.Current()
	fmt.Println(u != nil, err)
	_, err = x509.SystemCertPool()
	fmt.Println(err)
	fmt.Println(cgo.NewHandle(1) != 0)
}
