// certificates.go - certificates that the system is asked about.

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// issue signs a certificate for the host; without a parent it is its own, and an authority.
func issue(host string, end time.Time, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	check(err)
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: host + " " + serial.String()},
		NotBefore:             end.Add(-300 * 24 * time.Hour),
		NotAfter:              end,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		DNSNames:              []string{host},
	}
	if parent == nil {
		template.IsCA, template.KeyUsage, template.ExtKeyUsage, template.DNSNames = true, x509.KeyUsageCertSign, nil, nil
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	check(err)
	c, err := x509.ParseCertificate(der)
	check(err)
	return c, key
}

// roots makes an authority that the system is to trust, and certificates good and bad, and has a child verify them.
func roots() {
	dir, err := os.MkdirTemp("", "stress")
	check(err)
	defer os.RemoveAll(dir)
	later, before := time.Now().Add(24*time.Hour), time.Now().Add(-24*time.Hour)
	trusted, trustedKey := issue("authority", later, nil, nil)
	other, otherKey := issue("authority", later, nil, nil)
	write := func(name string, c *x509.Certificate) {
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
		check(os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	write("trusted", trusted)
	good, _ := issue("good.test", later, trusted, trustedKey)
	expired, _ := issue("good.test", before, trusted, trustedKey)
	stranger, _ := issue("good.test", later, other, otherKey)
	write("good", good)
	write("expired", expired)
	write("stranger", stranger)
	exe, err := os.Executable()
	check(err)
	cmd := exec.Command(exe, "verify", dir)
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+filepath.Join(dir, "trusted"))
	out, err := cmd.CombinedOutput()
	fmt.Print(string(out))
	check(err)
}

// verify asks the system about the certificates that roots made.
func verify(dir string) {
	for _, question := range [][2]string{{"good", "good.test"}, {"good", "bad.test"}, {"expired", "good.test"}, {"stranger", "good.test"}} {
		text, err := os.ReadFile(filepath.Join(dir, question[0]))
		check(err)
		block, _ := pem.Decode(text)
		c, err := x509.ParseCertificate(block.Bytes)
		check(err)
		chains, err := c.Verify(x509.VerifyOptions{DNSName: question[1]})
		var host x509.HostnameError
		var invalid x509.CertificateInvalidError
		var unknown x509.UnknownAuthorityError
		switch {
		case err == nil:
			fmt.Println(question, "chain of", len(chains[0]))
		case errors.As(err, &host):
			fmt.Println(question, "another host")
		case errors.As(err, &invalid):
			fmt.Println(question, "invalid", invalid.Reason == x509.Expired)
		case errors.As(err, &unknown):
			fmt.Println(question, "unknown authority")
		default:
			fmt.Println(question, err)
		}
	}
}
