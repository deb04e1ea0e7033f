package form

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"posthouse/assets"
	"posthouse/localqm/mq"
)

var (
	zone  = time.FixedZone("CET", 3600)
	stand = Env{Now: time.Date(2026, time.November, 19, 14, 32, 7, 0, zone), User: "kari", Computer: "DESK-HIRTSHALS", Number: 417, Unique: "7QK2ZD"}
)

func example(t testing.TB, name string) *Form {
	t.Helper()
	f, problems := Read(name, assets.Forms()[name])
	for _, p := range problems {
		t.Error(p)
	}
	if f == nil {
		t.FailNow()
	}
	return f
}

func TestTheExamplesAreReadAndWriteWhatTheySay(t *testing.T) {
	if len(assets.Forms()) != 4 {
		t.Fatalf("%d examples", len(assets.Forms()))
	}
	f := example(t, "landing-declaration.yaml")
	if f.To.Queue != `DIRECT=OS:HUB-CPH01\private$\landings` || !f.To.Transactional || f.Within != 7*24*time.Hour {
		t.Errorf("%+v %v", f.To, f.Within)
	}
	values, faults := f.Check(map[string]string{
		"vessel": "HG 333 Vestkyst", "skipper": "P. Thomsen", "landed": "19 Nov 10:40", "port": "hirtshals",
		"cod": "1 840", "saithe": "420,5 kg", "boxes": "1,113", "buyer": `A & B "Fisk" <Nord>`, "iced": "true", "note": "2 boxes\r\niced\tagain\x00",
	}, stand)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	e, err := f.Compose(values, stand)
	if err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="utf-8"?>
<LandingDeclaration xmlns="urn:example:landing" reference="DH-26-11-19-0417" entered="2026-11-19T14:32:07+01:00" by="kari">
  <Vessel skipper="P. Thomsen">HG 333 Vestkyst</Vessel>
  <Landed port="Hirtshals">2026-11-19T10:40:00+01:00</Landed>
  <Catch>
    <Cod unit="kg">1840</Cod>
    <Saithe unit="kg">420.5</Saithe>
    <Boxes iced="1">1113</Boxes>
  </Catch>
  <Buyer>A &amp; B &#34;Fisk&#34; &lt;Nord&gt;</Buyer>
  <Note>2 boxes&#xA;iced again</Note>
</LandingDeclaration>
`
	if string(e.Body) != want {
		t.Errorf("body:\n%s", e.Body)
	}
	if e.Name != "HG 333 Vestkyst" || e.Reference != "DH-26-11-19-0417" || e.Label != "Landing HG 333 Vestkyst DH-26-11-19-0417" || e.BodyType != 0 || e.Values != nil {
		t.Errorf("%+v", e)
	}
	if _, _, err := readBack(f, e); err != nil {
		t.Error(err)
	}
	lines := f.Lines(values, zone)
	if lines[2] != (Line{"Landed", "19 Nov 2026 10:40"}) || lines[4] != (Line{"Cod", "1,840 kg"}) || lines[8] != (Line{"Iced again", "Yes"}) {
		t.Errorf("%v", lines)
	}
}

// readBack reads what a reader of the queue sees.
func readBack(f *Form, e Entry) (values map[string]string, exact bool, err error) {
	m, ok := ReadMarker(e.Extension)
	if !ok {
		return nil, false, fmt.Errorf("not known as an entry: %s", e.Extension)
	}
	values, exact = f.Values(e.Body, m)
	if !exact {
		err = fmt.Errorf("the body is not known: %s", e.Body)
	}
	return values, exact, err
}

func TestATextBodyOfWindowsIsReadBack(t *testing.T) {
	f := example(t, "damage-report.yaml")
	values, faults := f.Check(map[string]string{
		"object": "Trailer KN 4471; left", "found": "yesterday", "severity": "Serious", "blocked": "false", "what": "Backed into\nthe crane\n;N\n",
	}, stand)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	e, err := f.Compose(values, stand)
	if err != nil {
		t.Fatal(err)
	}
	if e.BodyType != uint32(mq.VTBSTR) || decode(e.Body, true) != "DAMAGE;DR-261119-7QK2ZD;18.11.2026;Serious;N\nTrailer KN 4471; left\nBacked into\nthe crane\n;N\n" {
		t.Errorf("%d %q", e.BodyType, decode(e.Body, true))
	}
	back, _, err := readBack(f, e)
	if err != nil || fmt.Sprint(back) != fmt.Sprint(values) {
		t.Errorf("%v %v", back, err)
	}
}

func TestEveryEntryIsReadBackAsItWasEntered(t *testing.T) {
	for name := range assets.Forms() {
		f := example(t, name)
		t.Run(f.ID, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				values := map[string]string{}
				for i := range f.Fields {
					x := &f.Fields[i]
					values[x.Name] = draw(t, x)
				}
				e, err := f.Compose(values, stand)
				if err != nil {
					t.Fatal(err)
				}
				switch f.Body.Format {
				case XML:
					if err := readXML(string(e.Body)); err != nil {
						t.Fatalf("%v: %s", err, e.Body)
					}
				case JSON:
					if !json.Valid(e.Body) {
						t.Fatalf("no JSON: %s", e.Body)
					}
				}
				if !utf8.ValidString(e.Label) || mq.LabelLength(e.Label) > maxLabel {
					t.Fatalf("label %q", e.Label)
				}
				back, _, err := readBack(f, e)
				if err != nil || fmt.Sprint(back) != fmt.Sprint(values) {
					t.Fatalf("entered %v, read %v (%v)", values, back, err)
				}
			})
		})
	}
}

// draw makes a value that Parse could have returned.
func draw(t *rapid.T, x *Field) string {
	switch x.Kind {
	case Number:
		return rapid.SampledFrom([]string{"", "0", "-7", "12.5", "1840", "999999999999"}).Draw(t, x.Name)
	case Check:
		return rapid.SampledFrom([]string{"true", "false"}).Draw(t, x.Name)
	case OneOf:
		return rapid.SampledFrom(append([]Choice{{}}, x.Choices...)).Draw(t, x.Name).Value
	case Date:
		return rapid.SampledFrom([]string{"", "2026-11-19", "1999-02-28"}).Draw(t, x.Name)
	case DateTime:
		return rapid.SampledFrom([]string{"", "2026-11-19T10:40:00+01:00", "2026-07-01T23:59:00+02:00"}).Draw(t, x.Name)
	}
	s := clean(rapid.String().Draw(t, x.Name)+rapid.SampledFrom([]string{"", "<a>&'\"\\", "{vessel}", "]]>", ";N\n"}).Draw(t, "tail"), x.Kind == MultiLine)
	return s
}

func TestWhatIsTypedIsRead(t *testing.T) {
	for _, c := range []struct {
		f           Field
		typed, want string
		fault       string
	}{
		{Field{Kind: Text}, "  a\tb\n ", "a b", ""},
		{Field{Kind: Text, Required: true}, " ", "", "this is needed"},
		{Field{Kind: Text, max: "3"}, "åäöü", "", "at most 3 characters, these are 4"},
		{Field{Kind: Text, min: "3"}, "ab", "", "at least 3 characters, these are 2"},
		{Field{Kind: Number}, "1,840", "1840", ""},
		{Field{Kind: Number}, "1 840", "1840", ""},
		{Field{Kind: Number, Decimals: 2}, "1,84", "1.84", ""},
		{Field{Kind: Number, Decimals: 2}, "1,234,567.10", "1234567.1", ""},
		{Field{Kind: Number}, "−007", "-7", ""},
		{Field{Kind: Number, Unit: "kg"}, "12 kg", "12", ""},
		{Field{Kind: Number}, "-0.0", "0", ""},
		{Field{Kind: Number}, "1.5", "", "write a whole number"},
		{Field{Kind: Number, Decimals: 1}, "1.55", "", "at most 1 places after the point"},
		{Field{Kind: Number}, "1,84", "", "“1,84” is no number"},
		{Field{Kind: Number}, "12e3", "", "“12e3” is no number"},
		{Field{Kind: Number, min: "10", max: "20"}, "9.0", "", "at least 10"},
		{Field{Kind: Number, min: "10", max: "20"}, "21", "", "at most 20"},
		{Field{Kind: Date}, "19.11.2026", "2026-11-19", ""},
		{Field{Kind: Date}, "3/2/27", "2027-02-03", ""},
		{Field{Kind: Date}, "2 Jan", "2027-01-02", ""},
		{Field{Kind: Date}, "30.11.", "2026-11-30", ""},
		{Field{Kind: Date}, "Tomorrow", "2026-11-20", ""},
		{Field{Kind: Date}, "+10", "2026-11-29", ""},
		{Field{Kind: Date}, "31.2.2026", "", "write it such as 19 Nov 2026"},
		{Field{Kind: Date, max: "today"}, "tomorrow", "", "not after 19 Nov 2026"},
		{Field{Kind: Date, min: "today-30d"}, "2026-10-01", "", "not before 20 Oct 2026"},
		{Field{Kind: DateTime}, "now", "2026-11-19T14:32:00+01:00", ""},
		{Field{Kind: DateTime}, "10.40", "2026-11-19T10:40:00+01:00", ""},
		{Field{Kind: DateTime}, "tomorrow 0815", "2026-11-20T08:15:00+01:00", ""},
		{Field{Kind: DateTime}, "20 Nov 2026, 8:15", "2026-11-20T08:15:00+01:00", ""},
		{Field{Kind: DateTime}, "+2h", "2026-11-19T16:32:00+01:00", ""},
		{Field{Kind: DateTime}, "2026-11-19T09:40:00Z", "2026-11-19T10:40:00+01:00", ""},
		{Field{Kind: DateTime}, "20 Nov", "", "write it such as 19 Nov 2026 10:40"},
		{Field{Kind: OneOf, Choices: []Choice{{"Q1", "Quay 1"}}}, "quay 1", "Q1", ""},
		{Field{Kind: OneOf, Choices: []Choice{{"Q1", "Quay 1"}}}, "Q2", "", "choose one of the list"},
		{Field{Kind: Check, Required: true}, "false", "", "tick this to go on"},
		{Field{Kind: Check}, "true", "true", ""},
	} {
		got, err := c.f.Parse(c.typed, stand)
		fault := ""
		if err != nil {
			fault = err.Error()
		}
		if got != c.want || fault != c.fault {
			t.Errorf("%s %q: got %q, %q; want %q, %q", c.f.Kind, c.typed, got, fault, c.want, c.fault)
		}
		if err == nil && got != "" && c.f.Kind != Check {
			if again, err := c.f.Parse(c.f.Typed(got, zone), stand); err != nil || again != got {
				t.Errorf("%s %q is shown as %q, which is read as %q (%v)", c.f.Kind, got, c.f.Typed(got, zone), again, err)
			}
		}
	}
}

const sound = `id: x
title: X
to: {name: There, queue: 'DIRECT=OS:HUB\private$\x'}
within: 1 day
fields:
  - name: a
    label: A
body:
  format: json
`

func TestFaultsNamePlaceAndCure(t *testing.T) {
	if _, problems := Read("x.yaml", []byte(sound)); len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, c := range []struct{ old, now, want string }{
		{"title: X", "titel: X", `x.yaml:1:1: a form needs “title”. Add “title:” with the name that operators know the form by.|x.yaml:2:1: a form has no “titel”. Write “title” if you meant that.`},
		{"id: x", "id: Ä x", "x.yaml:1:5: “Ä x” cannot be an id. Use small letters, digits and dashes, a letter first."},
		{"within: 1 day", "within: soon", "x.yaml:4:9: “soon” is no length of time. Write it such as 90 min, 12 h or 7 days."},
		{"within: 1 day", "within: 9 weeks\nwithin: 1 day", "x.yaml:5:1: “within” is there twice. Keep one of the two.~"},
		{"    label: A", "    label: A\n    type: nummber", "x.yaml:8:11: there is no type “nummber”. Write “number” if you meant that."},
		{"    label: A", "    label: A\n    max: ten", "x.yaml:8:10: “ten” is no number of characters. Write how many characters the text has."},
		{"    label: A", "    label: A\n    type: number\n    min: 5\n    max: 3", "x.yaml:10:10: the most, 3, is less than the least, 5. Swap the two."},
		{"    label: A", "    label: A\n    pattern: '['", "x.yaml:8:14: this is no regular expression: missing closing ]: `[)$`. Write it as RE2 does, such as [A-Z]{2} [0-9]+."},
		{"    label: A", "    label: A\n    type: choice", "x.yaml:6:5: a choice needs “choices”. Add “choices:” and below it a list of words."},
		{"    label: A", "    label: A\n    default: &x b", "x.yaml:8:14: forms have no anchors (&), aliases (*) and tags (!). Write the value out, in quotation marks if it begins with one of these."},
		{"    label: A", "    label: A\n  - name: a\n    label: B", "x.yaml:8:5: there are two fields “a”. Give each a name of its own."},
		{"name: a", "name: now", "x.yaml:6:11: “now” stands for something else already. Choose another name."},
		{"format: json", "format: yaml", "x.yaml:9:11: there is no format “yaml”. Write xml, json or text."},
		{"format: json", "format: json\n  template: |\n    {\"a\": {a},\n     \"b\": {bb}}", "x.yaml:12:11: there is no field “bb”. Add the field, or take {bb} out."},
		{"format: json", "format: json\n  template: '{\"a\": {a}'", "x.yaml:10:13: the template is no JSON: unexpected end of JSON input. Look at its commas and brackets; {name} alone becomes a whole value, in quotation marks a part of a text."},
		{"format: json", "format: xml\n  template: <a><{a}/></a>", "x.yaml:10:13: the template is no XML: XML syntax error on line 1: expected element name after <. Look at its tags; a placeholder stands between tags or within the quotation marks of an attribute."},
		{`queue: 'DIRECT=OS:HUB\private$\x'`, `queue: 'DIRECT=XX:HUB\x'`, "x.yaml:3:26: this names no queue: "},
		{`queue: 'DIRECT=OS:HUB\private$\x'`, `queue: 'DIRECT=OS:HUB\private$\x;journal'`, "x.yaml:3:26: nothing can be sent to this queue. Name the queue itself, not its journal or a part of it."},
		{"id: x", "id: [x", "x.yaml:"},
	} {
		_, problems := Read("x.yaml", []byte(strings.Replace(sound, c.old, c.now, 1)))
		var got []string
		for _, p := range problems {
			got = append(got, p.Error())
			if p.Line < 1 || p.Column < 1 || p.Fix == "" {
				t.Errorf("without place or cure: %+v", p)
			}
		}
		want := strings.TrimSuffix(c.want, "~")
		if all := strings.Join(got, "|"); !strings.HasPrefix(all, want) {
			t.Errorf("%s\n got %s\nwant %s", c.now, all, c.want)
		}
	}
	if _, problems := Read("x.yaml", nil); len(problems) != 1 || problems[0].What != "the file is empty" {
		t.Errorf("%v", problems)
	}
}

func TestOneBrokenFormHidesNoOther(t *testing.T) {
	dir := t.TempDir()
	if n, err := Copy(dir, assets.Forms()); n != 4 || err != nil {
		t.Fatal(n, err)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("broken.yaml", "id: [")
	write("zz-twin.yml", string(assets.Forms()["pilot-order.yaml"]))
	write("notes.txt", "nothing")
	write("arrival-notice.yaml", "title: mine")
	if n, err := Copy(dir, assets.Forms()); n != 0 || err != nil {
		t.Errorf("%d files written over, %v", n, err)
	}
	s, err := Load(dir)
	if err != nil || len(s.Forms) != 3 || len(s.Broken) != 3 {
		t.Fatalf("%d forms, %v, %v", len(s.Forms), s.Broken, err)
	}
	if got := s.Broken[2].Problems[0].Error(); got != "zz-twin.yml: its id “pilot-order” is that of pilot-order.yaml. Give each form an id of its own." {
		t.Error(got)
	}
	if _, ok := s.Find("damage-report"); !ok {
		t.Error("a sound form is missing")
	}
	if s, err := Load(filepath.Join(dir, "none")); err != nil || len(s.Forms) != 0 {
		t.Error(s, err)
	}
}

func TestNothingButAnEntryHasTheMarker(t *testing.T) {
	for _, ext := range []string{"", "{}", "x", `{"posthouseEntry":1}`, `{"posthouseEntry":2,"form":"a"}`, `{"rbs2-msg-id":"1"}`, "\xfb\xbc\x64"} {
		if _, ok := ReadMarker([]byte(ext)); ok {
			t.Errorf("%q is taken for an entry", ext)
		}
	}
}

func TestWhatTheBodyDoesNotTellIsInTheMarker(t *testing.T) {
	text := strings.Replace(sound, "    label: A", "    label: A\n  - name: b\n    label: B\n  - name: c\n    label: C", 1)
	f, problems := Read("x.yaml", []byte(strings.Replace(text, "format: json", "format: text\n  template: '{a} {b}'", 1)))
	if f == nil {
		t.Fatal(problems)
	}
	values := map[string]string{"a": "one two", "b": "three", "c": "four"}
	e, err := f.Compose(values, stand)
	if err != nil {
		t.Fatal(err)
	}
	if e.Values["c"] != "four" || e.Values["a"] != "one two" {
		t.Errorf("%v", e.Values)
	}
	if back, _, _ := readBack(f, e); fmt.Sprint(back) != fmt.Sprint(values) {
		t.Errorf("%v", back)
	}
}

func TestHostileBodiesAreNotTakenForEntries(t *testing.T) {
	f := example(t, "landing-declaration.yaml")
	for _, b := range []string{"", "<", strings.Repeat("<a>", 1000), "\x00\xff"} {
		if _, ok := f.Values([]byte(b), Marker{}); ok {
			t.Errorf("%q was read", b)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, data := range assets.Forms() {
		f.Add(data)
	}
	f.Add([]byte(sound))
	f.Fuzz(func(t *testing.T, data []byte) {
		form, problems := Read("f.yaml", data)
		if (form == nil) == (len(problems) == 0) {
			t.Fatalf("neither a form nor a problem, or both: %v", problems)
		}
		if form == nil {
			return
		}
		values := map[string]string{}
		for i := range form.Fields {
			values[form.Fields[i].Name] = form.Fields[i].Start(stand)
		}
		e, err := form.Compose(values, stand)
		if err != nil {
			return
		}
		if form.Body.Format == XML {
			d := xml.NewDecoder(strings.NewReader(string(e.Body)))
			_, _ = d.Token()
		}
		back, _, _ := readBack(form, e)
		for name, v := range values {
			if back[name] != v {
				t.Fatalf("%s: %q became %q", name, v, back[name])
			}
		}
	})
}
