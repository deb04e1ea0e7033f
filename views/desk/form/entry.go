package form

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf16"

	"posthouse/localqm/mq"
)

// Marker is what an entry carries in the extension of its message, as JSON:
// whoever reads the queues of a desk knows it for an entry by it.
type Marker struct {
	Version   int       `json:"posthouseEntry"` // 1
	Form      string    `json:"form"`           // Form.ID
	Title     string    `json:"title"`          // Form.Title
	Name      string    `json:"name"`           // what the entry is called
	To        string    `json:"to"`             // Target.Name
	Reference string    `json:"reference"`
	Entered   time.Time `json:"entered"`
	User      string    `json:"user,omitempty"`
	// Values are the fields that the body does not tell.
	Values map[string]string `json:"values,omitempty"`
}

// markerVersion is the version written and read.
const markerVersion = 1

// ReadMarker knows an entry by the extension of its message.
func ReadMarker(extension []byte) (Marker, bool) {
	var m Marker
	if len(extension) == 0 || extension[0] != '{' || json.Unmarshal(extension, &m) != nil {
		return Marker{}, false
	}
	return m, m.Version == markerVersion && m.Form != ""
}

// Entry is what a filled-in form becomes.
type Entry struct {
	Marker
	Label     string
	Body      []byte
	BodyType  uint32
	Extension []byte
}

// maxLabel is how many characters a label may have (MS-MQMQ 2.3.1.10).
const maxLabel = 249

// maxName keeps the names of entries readable in lists.
const maxName = 120

// Check parses everything typed. Faults are by field; values are complete only
// without any.
func (f *Form) Check(typed map[string]string, env Env) (values, faults map[string]string) {
	values, faults = map[string]string{}, map[string]string{}
	for i := range f.Fields {
		x := &f.Fields[i]
		v, err := x.Parse(typed[x.Name], env)
		if err != nil {
			faults[x.Name] = err.Error()
			continue
		}
		values[x.Name] = v
	}
	return values, faults
}

// Name is what an entry with these values is called.
func (f *Form) Name(values map[string]string, env Env) string {
	name := oneLine(f.render(f.entry, values, env, "", nil), maxName)
	if name == "" {
		name = f.Title
	}
	return name
}

// Compose makes the message of an entry out of values of Check.
func (f *Form) Compose(values map[string]string, env Env) (Entry, error) {
	e := Entry{Marker: Marker{
		Version: markerVersion, Form: f.ID, Title: f.Title, Name: f.Name(values, env), To: f.To.Name,
		Entered: env.Now.Truncate(time.Second), User: env.User,
	}}
	if e.Reference = env.Reference; e.Reference == "" {
		e.Reference = oneLine(f.render(f.reference, values, env, "", nil), maxName)
	}
	e.Label = oneLine(f.render(f.label, values, env, e.Reference, nil), maxLabel)
	for mq.LabelLength(e.Label) > maxLabel {
		r := []rune(e.Label)
		e.Label = string(r[:len(r)-1])
	}
	text := f.render(f.Body.template, values, env, e.Reference, f.escaped)
	e.Body, e.BodyType = encode(text, f.Body.UTF16)

	// What the body does not tell goes into the marker, so that an entry can
	// always be shown and changed.
	told, _ := f.Values(e.Body, Marker{Entered: e.Entered})
	for i := range f.Fields {
		name := f.Fields[i].Name
		if values[name] != told[name] {
			if e.Values == nil {
				e.Values = map[string]string{}
			}
			e.Values[name] = values[name]
		}
	}
	var err error
	if e.Extension, err = json.Marshal(e.Marker); err != nil {
		return Entry{}, mq.Errorf(mq.ErrGeneric, "write the entry", "%w", err)
	}
	if n := len(e.Body) + len(e.Extension); n > mq.MaxPacketSize-4096 {
		return Entry{}, mq.Errorf(mq.ErrInvalidParameter, "write the entry", "it is too long: %d KB, and 4,000 KB can be sent", n>>10).
			WithFix("shorten its texts, or enter it in parts")
	}
	return e, nil
}

// encode gives the bytes of a body and their type.
func encode(s string, wide bool) ([]byte, uint32) {
	if !wide {
		return []byte(s), 0 // VT_EMPTY: what XmlMessageFormatter writes
	}
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b, uint32(mq.VTBSTR)
}

func decode(b []byte, wide bool) string {
	if !wide {
		return string(b)
	}
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(u))
}

// Values reads the fields back from a body and its marker. ok is false if the
// body was not written by this form as it is now; what the marker has is told
// all the same.
func (f *Form) Values(body []byte, m Marker) (values map[string]string, ok bool) {
	values = map[string]string{}
	text := decode(body, f.Body.UTF16)
	if found := f.matcher().FindStringSubmatch(text); found != nil {
		ok = true
		// The offset at the time of entry is all that the marker knows later.
		_, offset := m.Entered.Zone()
		zone := time.FixedZone("", offset)
		i := 0
		for _, p := range f.Body.template.parts {
			if p.name == "" {
				continue
			}
			i++
			field, is := f.Field(p.name)
			if !is {
				continue
			}
			v := field.unwritten(f.unescaped(p, found[i]), p.format, zone)
			if old, twice := values[p.name]; twice && (old != v && old != "") {
				continue
			}
			values[p.name] = v
		}
	}
	for name, v := range m.Values {
		values[name] = v
	}
	return values, ok
}

// matcher matches the bodies that this form writes.
func (f *Form) matcher() *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`^`)
	for _, p := range f.Body.template.parts {
		if p.name == "" {
			b.WriteString(regexp.QuoteMeta(p.literal))
		} else {
			b.WriteString(f.capture(p))
		}
	}
	b.WriteString(`$`)
	return regexp.MustCompile(b.String()) // quoted literals and the groups of capture
}

// Lines are the fields of an entry for people: label and value.
func (f *Form) Lines(values map[string]string, zone *time.Location) []Line {
	lines := make([]Line, 0, len(f.Fields))
	for i := range f.Fields {
		x := &f.Fields[i]
		v := values[x.Name]
		l := Line{Label: x.Label, Value: x.Shown(v, zone)}
		if v != "" && x.Unit != "" {
			l.Value = fmt.Sprintf("%s %s", l.Value, x.Unit)
		}
		lines = append(lines, l)
	}
	return lines
}

// Line is a field of an entry for people.
type Line struct{ Label, Value string }
