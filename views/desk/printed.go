package desk

import (
	"bytes"
	"context"
	"encoding/csv"
	"html/template"
	"path/filepath"
	"strings"

	"posthouse/views/kit"
	"posthouse/views/screen"
)

// sheet is what is printed: a table of entries, or one entry.
type sheet struct {
	Title, Text string
	Head        []string
	Rows        [][]string
	Pairs       [][2]string
}

// ListSheet is the list as it is shown.
func (p *Presenter) ListSheet() sheet {
	title, text := p.Heading()
	now := p.host.Now()
	s := sheet{
		Title: title, Text: strings.TrimSpace(text + ", " + p.node.Name + ", " + screen.FullTime(now, now)),
		Head: []string{"Entry", "Form", "To", "Entered", "Must go out by", "State", "Reference"},
	}
	s.Text = strings.TrimPrefix(s.Text, ", ")
	for _, i := range p.rows {
		e := &p.entries[i]
		w, _ := p.state(e)
		by := ""
		if _, part := e.left(now); part >= 0 {
			by = screen.FullTime(e.expires, now)
		}
		s.Rows = append(s.Rows, []string{e.Name, e.Title, e.To, screen.FullTime(e.Entered, now), by, w.shown().Word, e.Reference})
	}
	return s
}

// EntrySheet is the entry in the pane.
func (p *Presenter) EntrySheet() (sheet, bool) {
	e, ok := p.Entry()
	if !ok {
		return sheet{}, false
	}
	now := p.host.Now()
	w, _ := p.state(e)
	s := sheet{Title: e.Name, Text: e.Title + " to " + e.To}
	add := func(list []kit.Pair) {
		for _, x := range list {
			v := x.Value
			if x.Copy != "" && x.Wrap {
				v = x.Copy
			}
			s.Pairs = append(s.Pairs, [2]string{x.Key, v})
		}
	}
	lines, _ := p.lines(e)
	add(lines)
	add([]kit.Pair{
		{Key: "State", Value: w.shown().Word},
		{Key: "Entered", Value: screen.FullTime(e.Entered, now)},
		{Key: "Printed", Value: screen.FullTime(now, now) + ", " + p.node.Name},
	})
	add(p.support(e))
	return s, true
}

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Title}}</title>
<style>
body{font:13px/1.5 Inter,"Segoe UI",Helvetica,Arial,sans-serif;color:#1A1E26;margin:24px}
h1{font-size:20px;line-height:28px;margin:0}
p{color:#454C59;margin:4px 0 16px}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:4px 12px 4px 0;border-bottom:1px solid #E0E3E8}
th{color:#5C6472;font-weight:500}
td{white-space:pre-wrap}
thead{display:table-header-group}tr{break-inside:avoid}
@page{margin:16mm}
</style></head><body>
<h1>{{.Title}}</h1><p>{{.Text}}</p>
<table>{{if .Head}}<thead><tr>{{range .Head}}<th>{{.}}</th>{{end}}</tr></thead>{{end}}<tbody>
{{range .Rows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>
{{end}}{{range .Pairs}}<tr><th>{{index . 0}}</th><td>{{index . 1}}</td></tr>
{{end}}</tbody></table>
</body></html>
`))

// html is a page to print.
func (s sheet) html() ([]byte, error) {
	var b bytes.Buffer
	err := page.Execute(&b, s)
	return b.Bytes(), err
}

// csv is a table for spreadsheets. What they would take for a formula begins
// with an apostrophe.
func (s sheet) csv() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff") // or Excel takes it for another encoding
	w := csv.NewWriter(&b)
	rows := s.Rows
	if s.Head != nil {
		rows = append([][]string{s.Head}, rows...)
	}
	for _, p := range s.Pairs {
		rows = append(rows, p[:])
	}
	for _, r := range rows {
		safe := make([]string, len(r))
		for i, c := range r {
			if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
				c = "'" + c
			}
			safe[i] = c
		}
		if err := w.Write(safe); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// Write writes a sheet to a file: a table for spreadsheets if it is called
// .csv, else a page to print, which is then opened.
func (p *Presenter) Write(s sheet, file string) {
	table := strings.EqualFold(filepath.Ext(file), ".csv")
	screen.Load(p.host.Scope(), func(context.Context) (struct{}, error) {
		data, err := s.html()
		if table {
			data, err = s.csv()
		}
		if err == nil {
			err = replace(file, data)
		}
		return struct{}{}, err
	}, func(_ struct{}, err error) {
		if err != nil {
			p.host.Fail("The list was not written", err)
			return
		}
		p.host.Done(screen.Action{What: "Wrote " + filepath.Base(file), Tone: kit.Success})
		if !table && p.o.Browse != nil {
			p.o.Browse(file)
		}
	})
}
