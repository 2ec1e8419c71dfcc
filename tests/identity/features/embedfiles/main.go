// go:embed as a string, as bytes and as a file system.
package main

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed data/hello.txt
var text string

//go:embed data/bytes.bin
var bytes []byte

//go:embed data
var files embed.FS

func main() {
	fmt.Println(text, len(bytes))
	fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		fmt.Println(path, d.IsDir(), err)
		return nil
	})
}
