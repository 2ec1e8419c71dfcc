package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// step is one request and what the answer must be.
type step struct {
	method, path, body string
	status             int
	answer             string // regular expression
}

var steps = []step{
	{"GET", "/notes", "", http.StatusOK, `^\[\]$`},
	{"POST", "/notes", `{"title": "first", "text": "linked by gild", "tags": ["demo"]}`, http.StatusCreated, `"made":"20`},
	{"POST", "/notes", `{"title": "second", "text": "of two"}`, http.StatusCreated, `"title":"second"`},
	{"POST", "/notes", `{"text": "no title"}`, http.StatusBadRequest, `needs a title`},
	{"GET", "/notes", "", http.StatusOK, `^\["first","second"\]$`},
	{"GET", "/notes?tag=demo", "", http.StatusOK, `^\["first"\]$`},
	{"GET", "/notes/first", "", http.StatusOK, `linked by gild`},
	{"DELETE", "/notes/first", "", http.StatusNoContent, `^$`},
	{"GET", "/notes/first", "", http.StatusNotFound, `not found`},
}

// visit goes through the steps as a client that trusts roots; it prints a line for each.
func visit(w io.Writer, base string, roots *x509.CertPool) error {
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots},
		ForceAttemptHTTP2: true,
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	for _, s := range steps {
		request, err := http.NewRequest(s.method, base+s.path, bytes.NewBufferString(s.body))
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			return err
		}
		answer := strings.TrimSpace(string(body))
		if response.StatusCode != s.status || !regexp.MustCompile(s.answer).MatchString(answer) {
			return fmt.Errorf("%s %s: %s: %s", s.method, s.path, response.Status, answer)
		}
		fmt.Fprintf(w, "%-6s %-16s %s, %s, %d bytes, %s\n", s.method, s.path, response.Proto,
			tls.VersionName(response.TLS.Version), len(body), response.Status)
	}
	return nil
}
