package form

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"posthouse/localqm/mq"
)

// Bounds of a form.
const (
	maxFile   = 256 << 10
	maxFields = 200
)

var (
	idPattern   = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)
	namePattern = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_-]{0,63}$`)
	rootPattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
)

// Read reads a form from the content of a file. It lists everything that is
// wrong; the form is nil then.
func Read(file string, data []byte) (*Form, []Problem) {
	r := &reader{file: file}
	if len(data) > maxFile {
		return nil, []Problem{{File: file, What: fmt.Sprintf("the file is bigger than the %d KB of a form", maxFile>>10), Fix: "keep in it only the form"}}
	}
	o, ok := r.parse(data)
	if !ok || !r.shallow(o.node, 0) {
		return nil, r.problems
	}
	f := r.form(o)
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b Problem) int { return (a.Line-b.Line)*10000 + a.Column - b.Column })
		return nil, r.problems
	}
	return f, nil
}

func (r *reader) form(o *object) *Form {
	f := &Form{File: r.file}
	f.ID = o.needed("id", "add “id:” with a short name that stays the same, such as landing-declaration")
	if f.ID != "" && !idPattern.MatchString(f.ID) {
		o.fault("id", fmt.Sprintf("“%s” cannot be an id", f.ID), "use small letters, digits and dashes, a letter first")
	}
	f.Title = oneLine(o.needed("title", "add “title:” with the name that operators know the form by"), 60)
	f.To = r.target(o)
	f.Within = r.within(o)
	for _, n := range o.list("fields") {
		if x, ok := r.field(n); ok {
			if _, twice := f.Field(x.Name); twice {
				r.fault(n, fmt.Sprintf("there are two fields “%s”", x.Name), "give each a name of its own")
				continue
			}
			f.Fields = append(f.Fields, x)
		}
	}
	switch {
	case len(f.Fields) > maxFields:
		o.fault("fields", fmt.Sprintf("%d fields are more than the %d of a form", len(f.Fields), maxFields), "make several forms")
	case len(f.Fields) == 0 && len(o.list("fields")) == 0 && len(r.problems) == 0:
		o.fault("fields", "a form needs at least one field", "add “fields:” and below it a list, each item with name and label")
	}
	r.names(f, o)
	r.body(f, o)
	o.done()
	return f
}

func (r *reader) target(o *object) Target {
	t := Target{Transactional: true}
	n := o.get("to")
	if n == nil {
		o.fault("to", "a form needs “to”", "add “to:” and below it “name:” for the operator and “queue:” with the queue")
		return t
	}
	to, ok := r.object(n, "“to”")
	if !ok {
		return t
	}
	t.Queue = strings.TrimSpace(to.needed("queue", `add “queue:” with the queue, such as DIRECT=OS:HUB\private$\landings`))
	if t.Queue != "" {
		q, err := mq.ParseQueue(t.Queue)
		switch f := q.FormatName(); {
		case err != nil:
			var e *mq.Error
			why := err.Error()
			if errors.As(err, &e) && e.Why != "" {
				why = e.Why
			}
			to.fault("queue", "this names no queue: "+strings.TrimSuffix(why, "."), `write it such as DIRECT=OS:HUB\private$\landings`)
		case f.Kind == mq.KindMulti || f.Kind == mq.KindMulticast || f.Kind == mq.KindDistribution:
			to.fault("queue", "an entry goes to one queue", "name a single one")
		case f.ReadOnly():
			to.fault("queue", "nothing can be sent to this queue", "name the queue itself, not its journal or a part of it")
		}
	}
	t.Name = oneLine(to.needed("name", "add “name:” with the name that operators know the receiver by, such as Fisheries"), 60)
	t.Transactional = to.yes("transactional", true)
	to.done()
	return t
}

var span = regexp.MustCompile(`^(\d{1,5})\s*(min|h|d|minutes?|hours?|days?|weeks?)$`)

// The least and the longest time an entry may take.
const (
	leastWithin = time.Minute
	mostWithin  = 365 * 24 * time.Hour
)

// within reads "7 days".
func (r *reader) within(o *object) time.Duration {
	s := strings.ToLower(strings.TrimSpace(o.needed("within", "add “within:” with how long this desk may be offline, such as 7 days")))
	if s == "" {
		return 0
	}
	g := span.FindStringSubmatch(s)
	if g == nil {
		o.fault("within", fmt.Sprintf("“%s” is no length of time", s), "write it such as 90 min, 12 h or 7 days")
		return 0
	}
	n, _ := strconv.Atoi(g[1]) // five digits
	unit := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}[g[2][0]]
	d := time.Duration(n) * unit
	if d < leastWithin || d > mostWithin {
		o.fault("within", fmt.Sprintf("“%s” is not between a minute and 365 days", s), "write it such as 7 days")
	}
	return d
}

func (r *reader) field(n ast.Node) (Field, bool) {
	o, ok := r.object(n, "a field")
	if !ok {
		return Field{}, false
	}
	before := len(r.problems)
	x := Field{Kind: Text}
	x.Name = o.needed("name", "add “name:”, which the body and other places use, such as vessel")
	switch {
	case x.Name == "":
	case !namePattern.MatchString(x.Name):
		o.fault("name", fmt.Sprintf("“%s” cannot be the name of a field", x.Name), "use letters, digits, dashes and underlines, a letter first")
	case slices.Contains(ownNames, x.Name):
		o.fault("name", fmt.Sprintf("“%s” stands for something else already", x.Name), "choose another name")
	}
	named := len(r.problems) == before
	if t := strings.TrimSpace(o.text("type")); t != "" {
		if x.Kind = Kind(t); !slices.Contains(kinds, x.Kind) {
			var words []string
			for _, k := range kinds {
				words = append(words, string(k))
			}
			o.fault("type", fmt.Sprintf("there is no type “%s”", t), meant(t, words, "choose one of "+strings.Join(words, ", ")))
			x.Kind = Text
		}
	}
	x.Label = oneLine(o.needed("label", "add “label:” with what operators read before the field"), 60)
	x.Help = oneLine(o.text("help"), 300)
	x.Unit = oneLine(o.text("unit"), 20)
	x.Default = o.text("default")
	x.Required = o.yes("required", false)
	x.Keep = o.yes("keep", false)
	x.min, x.max = strings.TrimSpace(o.text("min")), strings.TrimSpace(o.text("max"))
	places := o.whole("decimals", 0, 12, 0)
	x.Decimals = places
	r.pattern(o, &x)
	r.choices(o, &x)
	r.limits(o, &x)
	o.done()
	return x, named
}

func (r *reader) pattern(o *object, x *Field) {
	p := o.text("pattern")
	x.patternHelp = oneLine(o.text("pattern-help"), 120)
	if p == "" {
		return
	}
	if x.Kind != Text {
		o.fault("pattern", fmt.Sprintf("a %s field has no pattern", x.Kind), "take it out, or make it a text field")
		return
	}
	re, err := regexp.Compile(`^(?:` + p + `)$`)
	if err != nil {
		o.fault("pattern", "this is no regular expression: "+strings.TrimPrefix(err.Error(), "error parsing regexp: "), "write it as RE2 does, such as [A-Z]{2} [0-9]+")
		return
	}
	x.pattern = re
}

func (r *reader) choices(o *object, x *Field) {
	list := o.list("choices")
	if x.Kind != OneOf {
		if list != nil {
			o.fault("choices", fmt.Sprintf("a %s field has no choices", x.Kind), "write “type: choice”")
		}
		return
	}
	if len(list) == 0 {
		o.fault("choices", "a choice needs “choices”", "add “choices:” and below it a list of words")
	}
	for _, n := range list {
		c := Choice{}
		if s, ok := scalar(n); ok {
			c = Choice{Value: s, Text: s}
		} else if p, ok := r.object(n, "a choice"); ok {
			c.Value = p.needed("value", "add “value:”, which goes into the body")
			if c.Text = oneLine(p.text("text"), 120); c.Text == "" {
				c.Text = c.Value
			}
			p.done()
		}
		if c.Value = clean(c.Value, false); c.Value == "" {
			r.fault(n, "a choice needs a value", "write a word, or “value:” and “text:”")
		}
		if slices.ContainsFunc(x.Choices, func(d Choice) bool { return d.Value == c.Value || strings.EqualFold(d.Text, c.Text) }) {
			r.fault(n, fmt.Sprintf("“%s” is there twice", c.Text), "keep one of the two")
		}
		x.Choices = append(x.Choices, c)
	}
}

// limits checks min, max and default against the type.
func (r *reader) limits(o *object, x *Field) {
	env := Env{Now: time.Now()}
	bound := func(key string, s *string) {
		if *s == "" {
			return
		}
		switch x.Kind {
		case OneOf, Check:
			o.fault(key, fmt.Sprintf("a %s field has no “%s”", x.Kind, key), "take it out")
		case Text, MultiLine:
			if n, err := strconv.Atoi(*s); err != nil || n < 0 || n > 100_000 {
				o.fault(key, fmt.Sprintf("“%s” is no number of characters", *s), "write how many characters the text has")
				*s = ""
			}
		case Number:
			v, ok := parseNumber(*s, x.Decimals)
			if !ok {
				o.fault(key, fmt.Sprintf("“%s” is no number", *s), "write it such as 10 or 2.5")
			}
			*s = v
		case Date, DateTime:
			parse := parseDay
			if x.Kind == DateTime {
				parse = parseMoment
			}
			if _, ok := parse(*s, env.Now); !ok {
				o.fault(key, fmt.Sprintf("“%s” is no time", *s), "write it such as 2026-11-19, today, today-30d, or now+2h")
			}
		}
	}
	before := len(r.problems)
	bound("min", &x.min)
	bound("max", &x.max)
	if x.Unit != "" && x.Kind != Number {
		o.fault("unit", fmt.Sprintf("a %s field has no unit", x.Kind), "take it out, or make it a number")
	}
	if x.Kind != Number && o.keys["decimals"] != nil {
		o.fault("decimals", fmt.Sprintf("a %s field has no decimals", x.Kind), "take it out, or make it a number")
	}
	if len(r.problems) > before {
		return
	}
	if (x.Kind == Number || x.Kind == Text || x.Kind == MultiLine) && x.min != "" && x.max != "" && compareNumbers(x.min, x.max) > 0 {
		o.fault("max", fmt.Sprintf("the most, %s, is less than the least, %s", x.max, x.min), "swap the two")
		return
	}
	if x.Default != "" && x.Default != "user" {
		probe := *x
		probe.Required = false
		if _, err := probe.Parse(x.Default, env); err != nil {
			o.fault("default", fmt.Sprintf("“%s” would not be taken: %v", x.Default, err), "write a value that an operator may enter")
		}
	}
}

// names reads what an entry is called.
func (r *reader) names(f *Form, o *object) {
	one := func(key, otherwise string, own ...string) template {
		s := o.text(key)
		if s == "" {
			s = otherwise
		}
		t := parseTemplate(s, Plain)
		r.placeholders(f, o, key, t, own)
		return t
	}
	first := "{form}"
	if len(f.Fields) > 0 {
		first = "{" + f.Fields[0].Name + "}"
	}
	f.entry = one("entry", first, nameNow, nameUser, nameComputer, nameForm)
	f.reference = one("reference", "{now:yyyyMMdd}-{unique}", nameNow, nameUser, nameComputer, nameNumber, nameUnique, nameForm)
	f.label = one("label", f.Title+" "+f.entry.source, ownNames...)
	if len(r.problems) == 0 && !f.reference.has(nameNumber) && !f.reference.has(nameUnique) {
		o.fault("reference", "two entries would have the same reference", "add {number:4} or {unique} to it")
	}
}

func (t template) has(name string) bool {
	return slices.ContainsFunc(t.parts, func(p part) bool { return p.name == name })
}

// placeholders complains of those that cannot be filled, where they stand.
func (r *reader) placeholders(f *Form, o *object, key string, t template, own []string) {
	t.faults(f, own, func(p part, what, fix string) {
		v := o.keys[key]
		if v == nil {
			o.fault(key, what, fix)
			return
		}
		line, column := place(v.Value)
		for i := line; i <= len(r.source) && i > 0; i++ {
			if at := strings.Index(r.source[i-1], "{"+p.name); at >= 0 {
				line, column = i, at+1
				break
			}
		}
		r.at(line, column, what, fix)
	})
}

func (r *reader) body(f *Form, o *object) {
	n := o.get("body")
	if n == nil {
		o.fault("body", "a form needs “body”", "add “body:” and below it “format: xml”, json or text")
		return
	}
	b, ok := r.object(n, "“body”")
	if !ok {
		return
	}
	switch f.Body.Format = Format(strings.ToLower(b.needed("format", "add “format:” with xml, json or text"))); f.Body.Format {
	case XML, JSON, Plain, "":
	default:
		b.fault("format", fmt.Sprintf("there is no format “%s”", f.Body.Format), "write xml, json or text")
		f.Body.Format = ""
	}
	switch enc := strings.ToLower(b.text("encoding")); enc {
	case "", "utf-8":
	case "utf-16":
		f.Body.UTF16 = true
	default:
		b.fault("encoding", fmt.Sprintf("there is no encoding “%s” here", enc), "write utf-8 or utf-16")
	}
	root := b.text("root")
	source := b.text("template")
	switch {
	case root != "" && (source != "" || f.Body.Format != XML):
		b.fault("root", "“root” is for XML bodies without a template", "take it out")
	case root != "" && !rootPattern.MatchString(root):
		b.fault("root", fmt.Sprintf("“%s” cannot be the name of an element", root), "use letters, digits, dots, dashes and underlines, a letter first")
	}
	if source == "" {
		source = automatic(f, root)
	}
	b.done()
	f.Body.template = parseTemplate(source, f.Body.Format)
	before := len(r.problems)
	r.placeholders(f, b, "template", f.Body.template, ownNames)
	if len(r.problems) > 0 || before > 0 {
		return
	}
	if why, fix := f.wellFormed(); why != "" {
		b.fault("template", why, fix)
	}
}

// automatic writes the template of a body that says none: each field by its
// name.
func automatic(f *Form, root string) string {
	var b strings.Builder
	switch f.Body.Format {
	case XML:
		if root == "" {
			root = f.ID
		}
		fmt.Fprintf(&b, "<?xml version=\"1.0\"?>\n<%s reference=\"{reference}\">\n", root)
		for _, x := range f.Fields {
			fmt.Fprintf(&b, "  <%s>{%s}</%s>\n", x.Name, x.Name, x.Name)
		}
		fmt.Fprintf(&b, "</%s>\n", root)
	case JSON:
		b.WriteString("{\n  \"reference\": {reference}")
		for _, x := range f.Fields {
			fmt.Fprintf(&b, ",\n  %q: {%s}", x.Name, x.Name)
		}
		b.WriteString("\n}\n")
	default:
		b.WriteString("Reference: {reference}\n")
		for _, x := range f.Fields {
			fmt.Fprintf(&b, "%s: {%s}\n", x.Label, x.Name)
		}
	}
	return b.String()
}

// wellFormed fills the template with the worst that fields can hold.
func (f *Form) wellFormed() (why, fix string) {
	const nasty = "<&\"'\\>"
	values := map[string]string{}
	for i := range f.Fields {
		x := &f.Fields[i]
		switch x.Kind {
		case Number:
			values[x.Name] = "-1.5"
		case Check:
			values[x.Name] = "true"
		case Date:
			values[x.Name] = "2026-11-19"
		case DateTime:
			values[x.Name] = "2026-11-19T10:40:00+01:00"
		default:
			values[x.Name] = nasty
		}
	}
	env := Env{Now: time.Now(), User: nasty, Computer: nasty, Number: 1, Unique: "A1B2C3"}
	for _, v := range []map[string]string{values, {}} {
		text := f.render(f.Body.template, v, env, nasty, f.escaped)
		switch f.Body.Format {
		case XML:
			if err := readXML(text); err != nil {
				return "the template is no XML: " + err.Error(), "look at its tags; a placeholder stands between tags or within the quotation marks of an attribute"
			}
		case JSON:
			if !json.Valid([]byte(text)) {
				var any any
				err := json.Unmarshal([]byte(text), &any)
				return fmt.Sprintf("the template is no JSON: %v", err), "look at its commas and brackets; {name} alone becomes a whole value, in quotation marks a part of a text"
			}
		}
	}
	return "", ""
}

func readXML(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	elements := 0
	for {
		t, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && elements == 0:
			return errors.New("it has no element")
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			elements++
		case xml.Comment:
			if strings.Contains(string(t), "&lt;") {
				return errors.New("a placeholder stands in a comment")
			}
		}
	}
}
