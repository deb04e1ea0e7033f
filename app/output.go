package app

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// encode writes v as JSON: one line, or indented for a document.
func (p *program) encode(v any) error {
	e := json.NewEncoder(p.w)
	e.SetEscapeHTML(false)
	if !p.jsonl {
		e.SetIndent("", "  ")
	}
	return e.Encode(v)
}

// asJSON reports whether a program reads the output.
func (p *program) asJSON() bool { return p.json || p.jsonl }

// result prints v as JSON, or else what human prints.
func (p *program) result(v any, human func()) error {
	if p.asJSON() {
		return p.encode(v)
	}
	human()
	return nil
}

func (p *program) printf(format string, args ...any) { fmt.Fprintf(p.w, format, args...) }

// column is a column of a table for people.
type column[T any] struct {
	title string
	right bool // numbers
	cell  func(T) string
}

// rows prints a list as it becomes known: a table, a JSON array or JSON lines.
type rows[T any] struct {
	p       *program
	columns []column[T]
	widths  []int
	page    [][]string
	n       int
}

func newRows[T any](p *program, columns ...column[T]) *rows[T] {
	r := &rows[T]{p: p, columns: columns, widths: make([]int, len(columns))}
	return r
}

// add takes one more element.
func (r *rows[T]) add(v T) error {
	r.n++
	switch {
	case r.p.jsonl:
		return r.p.encode(v)
	case r.p.json:
		lead := "[\n  "
		if r.n > 1 {
			lead = ",\n  "
		}
		text, err := json.MarshalIndent(unescaped{v}, "  ", "  ")
		if err != nil {
			return err
		}
		_, err = r.p.w.WriteString(lead + string(text))
		return err
	}
	cells := make([]string, len(r.columns))
	for i, c := range r.columns {
		cells[i] = clean(c.cell(v))
	}
	r.page = append(r.page, cells)
	return nil
}

// flush shows what was added so far; a table aligns it with what follows as
// well as it can.
func (r *rows[T]) flush() error {
	if len(r.page) == 0 {
		return r.p.w.Flush()
	}
	titles := len(r.page) == r.n
	if titles {
		for i, c := range r.columns {
			r.widths[i] = utf8.RuneCountInString(c.title)
		}
	}
	for _, cells := range r.page {
		for i, c := range cells {
			r.widths[i] = max(r.widths[i], utf8.RuneCountInString(c))
		}
	}
	if titles {
		head := make([]string, len(r.columns))
		for i, c := range r.columns {
			head[i] = c.title
		}
		r.p.printf("%s\n", r.p.bold(r.line(head)))
	}
	for _, cells := range r.page {
		r.p.printf("%s\n", r.line(cells))
	}
	r.page = r.page[:0]
	return r.p.w.Flush()
}

func (r *rows[T]) line(cells []string) string {
	var b strings.Builder
	for i, c := range cells {
		if i > 0 {
			b.WriteString("  ")
		}
		gap := strings.Repeat(" ", max(0, r.widths[i]-utf8.RuneCountInString(c)))
		if r.columns[i].right {
			b.WriteString(gap + c)
		} else {
			b.WriteString(c + gap)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// close ends the list; empty is what a person is told of an empty one.
func (r *rows[T]) close(empty string) error {
	switch {
	case r.p.json && r.n == 0:
		r.p.printf("[]\n")
	case r.p.json:
		r.p.printf("\n]\n")
	case !r.p.jsonl && r.n == 0 && empty != "":
		r.p.note("%s", empty)
	}
	return r.flush()
}

// unescaped keeps <, > and & as they are, as encode does.
type unescaped struct{ v any }

func (u unescaped) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(u.v)
	return []byte(b.String()), err
}

// field is one line of the properties of something.
type field struct{ name, value string }

func (p *program) fields(list []field) {
	width := 0
	for _, f := range list {
		width = max(width, utf8.RuneCountInString(f.name))
	}
	for _, f := range list {
		gap := strings.Repeat(" ", width-utf8.RuneCountInString(f.name))
		p.printf("%s\n", strings.TrimRight(p.bold(f.name)+gap+"  "+clean(f.value), " "))
	}
}

// bold marks text on a terminal that wants it (https://no-color.org).
func (p *program) bold(s string) string {
	if !p.terminal(p.out) || p.getenv("NO_COLOR") != "" || p.getenv("TERM") == "dumb" {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}

var english = message.NewPrinter(language.English)

// count shows a number with thousands separators.
func count[N ~int | ~int32 | ~int64 | ~uint32 | ~uint64](n N) string {
	return english.Sprintf("%d", uint64OrInt(n))
}

func uint64OrInt[N ~int | ~int32 | ~int64 | ~uint32 | ~uint64](n N) any {
	if n < 0 {
		return int64(n)
	}
	return uint64(n)
}

// many counts things: 1 message, 2 messages.
func many[N ~int | ~int64](n N, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + one + "s"
}

func (p *program) time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(p.zone).Format(time.DateTime)
}

func (p *program) timeOrNever(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return p.time(*t)
}

func kilobytes(kb *uint32) string {
	if kb == nil {
		return "unlimited"
	}
	return count(*kb) + " KB"
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// clean makes text from a sender harmless to a terminal: control characters,
// and those that turn the direction of writing, are shown as escapes.
func clean(s string) string {
	if strings.IndexFunc(s, harmful) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case harmful(r):
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func harmful(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}
