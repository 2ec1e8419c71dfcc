// The cryptography packages: the FIPS module with its marked sections, and its check sum.
package main

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/fips140"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/mlkem"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"fmt"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func main() {
	sum := sha256.Sum256([]byte("message"))
	block := must(aes.NewCipher(sum[:]))
	sealed := must(cipher.NewGCM(block)).Seal(nil, sum[:12], []byte("text"), nil)
	mac := hmac.New(sha512.New, sum[:])
	mac.Write(sealed)
	key := must(rsa.GenerateKey(rand.Reader, 2048))
	signed := must(key.Sign(rand.Reader, sum[:], crypto.SHA256))
	ec := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	must(ecdsa.SignASN1(rand.Reader, ec, sum[:]))
	_, private, err := ed25519.GenerateKey(rand.Reader)
	ed := ed25519.Sign(must(private, err), sum[:])
	x := must(ecdh.X25519().GenerateKey(rand.Reader))
	kem := must(mlkem.GenerateKey768())
	h := sha3.Sum256(sum[:])
	fmt.Println(fips140.Enabled(), len(mac.Sum(nil)), len(signed), len(ed), x.PublicKey(), len(kem.Bytes()), h,
		must(hkdf.Key(sha256.New, sum[:], nil, "info", 32)), must(pbkdf2.Key(sha256.New, "password", sum[:], 4096, 32)))
}
