// An HTTP server and its client, as most programs with C code are: it is there because names are resolved by the C library.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os/user"
)

func main() {
	u, err := user.Current()
	if err != nil {
		panic(err)
	}
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		panic(err)
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "user", u.Uid)
	}))
	_, port, _ := net.SplitHostPort(l.Addr().String())
	r, err := http.Get("http://localhost:" + port)
	if err != nil {
		panic(err)
	}
	body, err := io.ReadAll(r.Body)
	fmt.Print(string(body), err, "\n")
}
