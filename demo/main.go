// Demo starts an HTTPS server, talks to it as a client over the loopback interface, prints what happened, and stops.
//
// It is the program of `make demo`: small enough to read, and it takes TLS, HTTP/2, JSON, X.509 and the network poller
// along, which is what a real server links. Only the standard library is used.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"time"
)

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal("demo: ", err)
	}
}

func run() error {
	cert, err := selfSigned("localhost", time.Hour)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           newStore().routes(),
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: 5 * time.Second,
	}
	stopped := make(chan error, 1)
	go func() { stopped <- server.ServeTLS(listener, "", "") }()
	fmt.Printf("%s/%s, %s: server at https://%s\n", runtime.GOOS, runtime.GOARCH, runtime.Version(), listener.Addr())

	roots := x509.NewCertPool()
	roots.AddCert(cert.Leaf)
	if err := visit(os.Stdout, "https://"+listener.Addr().String(), roots); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return err
	}
	if err := <-stopped; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	fmt.Println("server stopped, all is well")
	return nil
}
