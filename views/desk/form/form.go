package form

import (
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Form is an entry form.
type Form struct {
	File  string // its name in the folder
	ID    string
	Title string
	To    Target
	// Within is how long an entry may take: so long may the desk be offline.
	Within time.Duration
	Fields []Field
	Body   Body

	entry, reference, label template
}

// Target is where entries go.
type Target struct {
	Name  string // for the operator: "Fisheries"
	Queue string // path name or format name
	// Transactional is whether the queue takes entries exactly once and in
	// order, as it does unless the form says no.
	Transactional bool
}

// Kind is the type of a field.
type Kind string

// The types.
const (
	Text      Kind = "text"
	MultiLine Kind = "multi-line"
	Number    Kind = "number"
	Date      Kind = "date"
	DateTime  Kind = "date-time"
	OneOf     Kind = "choice"
	Check     Kind = "check"
)

var kinds = []Kind{Text, MultiLine, Number, Date, DateTime, OneOf, Check}

// Field is what an operator fills in. Its value is a string: text as typed, a
// number with a point, a date as 2026-11-19, a time as RFC 3339, the value of
// a choice, true or false; "" is nothing.
type Field struct {
	Name     string
	Label    string
	Kind     Kind
	Help     string
	Unit     string
	Default  string // as written: a value, today, now, user
	Required bool
	Keep     bool // the next entry begins with this one's value
	Decimals int
	Choices  []Choice

	min, max    string // as written
	pattern     *regexp.Regexp
	patternHelp string
}

// Choice is one of the values of a field.
type Choice struct{ Value, Text string }

// Format is the kind of body.
type Format string

// The formats.
const (
	XML   Format = "xml"
	JSON  Format = "json"
	Plain Format = "text"
)

// Body says how fields become a body.
type Body struct {
	Format Format
	// UTF16 bodies are strings of Windows (BSTR), others plain UTF-8.
	UTF16 bool

	template template
}

// Field finds a field by its name.
func (f *Form) Field(name string) (*Field, bool) {
	i := slices.IndexFunc(f.Fields, func(x Field) bool { return x.Name == name })
	if i < 0 {
		return nil, false
	}
	return &f.Fields[i], true
}

// Start is what a field begins with.
func (f *Field) Start(env Env) string {
	switch {
	case f.Default == "" && f.Kind == Check:
		return "false"
	case f.Default == "":
		return ""
	case f.Default == "user" && (f.Kind == Text || f.Kind == MultiLine):
		return env.User
	}
	v, err := f.Parse(f.Default, env)
	if err != nil {
		return ""
	}
	return v
}

// Describe says in a few words what a field takes; "" if that is plain.
func (f *Field) Describe() string {
	switch {
	case f.Kind == Date:
		return "such as 19 Nov 2026 or today"
	case f.Kind == DateTime:
		return "such as 19 Nov 2026 10:40 or now"
	case f.Kind == Number && f.min != "" && f.max != "":
		return f.Shown(f.min, nil) + " to " + f.Shown(f.max, nil)
	case f.Kind == Number && f.min != "":
		return "at least " + f.Shown(f.min, nil)
	case f.Kind == Number && f.max != "":
		return "at most " + f.Shown(f.max, nil)
	}
	return ""
}

// Longest is how many characters a text may have; 0: no limit.
func (f *Field) Longest() int {
	if f.Kind != Text && f.Kind != MultiLine {
		return 0
	}
	n, _ := strconv.Atoi(f.max) // checked when the form was read; "" is 0
	return n
}
