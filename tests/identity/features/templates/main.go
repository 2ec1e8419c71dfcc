// text/template and html/template call methods by name: every exported method is kept.
package main

import (
	html "html/template"
	"os"
	"text/template"
)

type page struct{ Title string }

func (p page) Upper() string         { return p.Title + "!" }
func (p *page) Items(n int) []string { return make([]string, n) }

func main() {
	p := &page{"title"}
	template.Must(template.New("t").Parse("{{.Upper}} {{range .Items 3}}x{{end}}\n")).Execute(os.Stdout, p)
	html.Must(html.New("h").Parse("<b>{{.Title}}</b>\n")).Execute(os.Stdout, p)
}
