package form

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The names that stand for no field.
const (
	nameReference = "reference"
	nameNow       = "now"
	nameUser      = "user"
	nameComputer  = "computer"
	nameNumber    = "number"
	nameUnique    = "unique"
	nameForm      = "form"
)

var ownNames = []string{nameReference, nameNow, nameUser, nameComputer, nameNumber, nameUnique, nameForm}

// template is text with placeholders: {vessel}, {landed:dd.MM.yyyy}.
type template struct {
	source string
	parts  []part
}

// part is a literal, or a placeholder.
type part struct {
	literal string
	name    string
	format  string
	quoted  bool // in a JSON string
}

var placeholder = regexp.MustCompile(`\{([a-zA-Z][a-zA-Z0-9_-]*)(?::([^{}\n]*))?\}`)

// parseTemplate takes a template apart. All braces that are no placeholder
// stay as they are.
func parseTemplate(s string, f Format) template {
	t := template{source: s}
	at := 0
	quoted := false
	for _, m := range placeholder.FindAllStringSubmatchIndex(s, -1) {
		literal := s[at:m[0]]
		quoted = stringAfter(literal, quoted)
		p := part{name: s[m[2]:m[3]], quoted: f == JSON && quoted}
		if m[4] >= 0 {
			p.format = s[m[4]:m[5]]
		}
		t.parts = append(t.parts, part{literal: literal}, p)
		at = m[1]
	}
	t.parts = append(t.parts, part{literal: s[at:]})
	return t
}

// stringAfter tells whether a place of JSON is inside a string, given whether
// the text before it began in one.
func stringAfter(s string, in bool) bool {
	for i := 0; i < len(s); i++ {
		switch {
		case in && s[i] == '\\':
			i++
		case s[i] == '"':
			in = !in
		}
	}
	return in
}

// faults are the placeholders that cannot be filled: word is what is wrong
// with each.
func (t template) faults(f *Form, own []string, tell func(p part, what, fix string)) {
	for _, p := range t.parts {
		if p.name == "" {
			continue
		}
		field, ok := f.Field(p.name)
		switch {
		case ok && p.format == "":
		case ok && (field.Kind == Date || field.Kind == DateTime):
			if _, ok := timeLayout(p.format); !ok {
				tell(p, fmt.Sprintf("“%s” is no way to write a time", p.format), "write it with yyyy, MM, dd, HH, mm and ss, such as {"+p.name+":dd.MM.yyyy}")
			}
		case ok && field.Kind == Check:
			if on, off, ok := strings.Cut(p.format, "/"); !ok || on == off {
				tell(p, fmt.Sprintf("“%s” does not say what to write for on and for off", p.format), "write two words with a slash between, such as {"+p.name+":yes/no}")
			}
		case ok && field.Kind == OneOf && p.format == "text":
		case ok && field.Kind == Number && width(p.format) > 0:
		case ok:
			tell(p, fmt.Sprintf("a %s field has no format “%s”", field.Kind, p.format), "write {"+p.name+"}")
		case !slices.Contains(own, p.name):
			names := make([]string, 0, len(f.Fields)+len(own))
			for i := range f.Fields {
				names = append(names, f.Fields[i].Name)
			}
			tell(p, fmt.Sprintf("there is no field “%s”", p.name), meant(p.name, append(names, own...), "add the field, or take {"+p.name+"} out"))
		case p.name == nameNow && p.format != "":
			if _, ok := timeLayout(p.format); !ok {
				tell(p, fmt.Sprintf("“%s” is no way to write a time", p.format), "write it with yyyy, MM, dd, HH, mm and ss, such as {now:yyyyMMdd}")
			}
		case p.name == nameNumber && p.format != "" && width(p.format) == 0:
			tell(p, fmt.Sprintf("“%s” is no number of digits", p.format), "write 1 to 18, such as {number:4}")
		case p.name != nameNow && p.name != nameNumber && p.format != "":
			tell(p, fmt.Sprintf("{%s} has no formats", p.name), "write {"+p.name+"}")
		}
	}
}

// width reads a number of digits; 0: it is none.
func width(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 18 {
		return 0
	}
	return n
}

// timeLayout turns yyyy-MM-dd HH:mm:ss into Go's layout.
func timeLayout(s string) (string, bool) {
	if s == "" || strings.ContainsAny(s, "0123456789") {
		return "", false
	}
	r := strings.NewReplacer("yyyy", "2006", "yy", "06", "MMM", "Jan", "MM", "01", "dd", "02", "HH", "15", "mm", "04", "ss", "05")
	out := r.Replace(s)
	return out, out != s && !strings.ContainsAny(strings.ReplaceAll(out, "Jan", ""), "yMdHms")
}

// filled is what a placeholder stands for, before it is escaped.
func (f *Form) filled(p part, values map[string]string, env Env, reference string) string {
	if field, ok := f.Field(p.name); ok {
		return field.written(values[p.name], p.format, env.Now.Location())
	}
	switch p.name {
	case nameReference:
		return reference
	case nameNow:
		if l, ok := timeLayout(p.format); ok {
			return env.Now.Format(l)
		}
		return env.Now.Format(time.RFC3339)
	case nameUser:
		return clean(env.User, false)
	case nameComputer:
		return clean(env.Computer, false)
	case nameNumber:
		return fmt.Sprintf("%0*d", width(p.format), env.Number)
	case nameUnique:
		return env.Unique
	case nameForm:
		return f.ID
	}
	return ""
}

// written is a value as a body has it.
func (f *Field) written(v, format string, zone *time.Location) string {
	switch {
	case v == "" || format == "":
		return v
	case f.Kind == Date || f.Kind == DateTime:
		l, _ := timeLayout(format) // checked when the form was read
		if t, ok := f.moment(v, zone); ok {
			return t.Format(l)
		}
	case f.Kind == Check:
		on, off, _ := strings.Cut(format, "/")
		if v == "true" {
			return on
		}
		return off
	case f.Kind == OneOf:
		return f.Shown(v, zone)
	case f.Kind == Number:
		whole, frac, point := strings.Cut(v, ".")
		sign := ""
		if strings.HasPrefix(whole, "-") {
			sign, whole = "-", whole[1:]
		}
		if n := width(format) - len(whole); n > 0 {
			whole = strings.Repeat("0", n) + whole
		}
		if point {
			whole += "." + frac
		}
		return sign + whole
	}
	return v
}

// unwritten is the value that a body has for a field; the caller checks that
// it would be written the same.
func (f *Field) unwritten(s, format string, zone *time.Location) string {
	switch {
	case s == "" || format == "":
		return s
	case f.Kind == Date || f.Kind == DateTime:
		l, _ := timeLayout(format)
		t, err := time.ParseInLocation(l, s, zone)
		if err != nil {
			return s
		}
		if f.Kind == Date {
			return t.Format(time.DateOnly)
		}
		return t.Format(time.RFC3339)
	case f.Kind == Check:
		on, _, _ := strings.Cut(format, "/")
		return strconv.FormatBool(s == on)
	case f.Kind == OneOf:
		for _, c := range f.Choices {
			if c.Text == s {
				return c.Value
			}
		}
	case f.Kind == Number:
		if v, ok := parseNumber(s, 1); ok {
			return v
		}
	}
	return s
}

// literal reports whether a value is written into JSON without quotation
// marks.
func (f *Form) literal(p part) bool {
	field, ok := f.Field(p.name)
	if !ok {
		return p.name == nameNumber && p.format == ""
	}
	return (field.Kind == Number || field.Kind == Check) && p.format == ""
}

// escaped is what a placeholder becomes in a body.
func (f *Form) escaped(p part, s string) string {
	switch f.Body.Format {
	case XML:
		var b strings.Builder
		_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
		return b.String()
	case JSON:
		if f.literal(p) && !p.quoted {
			if s == "" {
				return "null"
			}
			return s
		}
		if field, ok := f.Field(p.name); ok && s == "" && !p.quoted && (field.Kind == Date || field.Kind == DateTime || field.Kind == OneOf) {
			return "null"
		}
		return quoteJSON(s, p.quoted)
	}
	return s
}

// quoteJSON writes a string of JSON, with its marks or inside those of the
// template.
func quoteJSON(s string, inside bool) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always can be
	q := strings.TrimSuffix(b.String(), "\n")
	if inside {
		return q[1 : len(q)-1]
	}
	return q
}

// captures are what an escaped value can be.
func (f *Form) capture(p part) string {
	switch f.Body.Format {
	case XML:
		return `([^<>"'\n\t\r]*)`
	case JSON:
		if p.quoted {
			return `((?:[^"\\]|\\.)*?)`
		}
		return `("(?:[^"\\]|\\.)*"|[-+.0-9eE]+|true|false|null)`
	}
	if field, ok := f.Field(p.name); ok && field.Kind == MultiLine {
		return `((?s:.*?))`
	}
	return `([^\n]*?)`
}

// unescaped is the value behind a captured one.
func (f *Form) unescaped(p part, s string) string {
	switch f.Body.Format {
	case XML:
		return html.UnescapeString(s)
	case JSON:
		if p.quoted {
			s = `"` + s + `"`
		}
		if s == "null" {
			return ""
		}
		var text string
		if strings.HasPrefix(s, `"`) && json.Unmarshal([]byte(s), &text) == nil {
			return text
		}
	}
	return s
}

// render fills a template in; escape is nil for names and labels.
func (f *Form) render(t template, values map[string]string, env Env, reference string, escape func(part, string) string) string {
	var b strings.Builder
	for _, p := range t.parts {
		if p.name == "" {
			b.WriteString(p.literal)
			continue
		}
		s := f.filled(p, values, env, reference)
		if escape != nil {
			s = escape(p, s)
		} else if field, ok := f.Field(p.name); ok && p.format == "" {
			s = field.Shown(values[p.name], env.Now.Location())
		}
		b.WriteString(s)
	}
	return b.String()
}

// oneLine makes a name or a label of a rendered template: one line, at most n
// characters.
func oneLine(s string, n int) string {
	s = strings.Join(strings.Fields(clean(s, false)), " ")
	if utf8.RuneCountInString(s) > n {
		s = string([]rune(s)[:n-1]) + "…"
	}
	return s
}
