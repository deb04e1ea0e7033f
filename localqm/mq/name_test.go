package mq

import (
	"errors"
	"strings"
	"testing"
)

const (
	guidText = "d2b2a5c0-f190-12ce-ae10-00dd0114290f"
	longName = "....5...10........20........30........40........50........60" +
		"....5...10........20........30........40........50........60...4"
)

func mustGUID(t testing.TB) GUID {
	t.Helper()
	g, err := ParseGUID(guidText)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestParseFormatNamePrintsTheCanonicalForm(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		// The examples of MS-MQMQ 2.1 and of Microsoft's documentation.
		{"public=" + strings.ToUpper(guidText), "PUBLIC=" + guidText},
		{"PUBLIC=" + guidText + ";Journal", "PUBLIC=" + guidText + ";JOURNAL"},
		{"PRIVATE=" + guidText + `\D`, "PRIVATE=" + guidText + `\0000000d`},
		{"private=" + guidText + `\FFFFFFFF;journal`, "PRIVATE=" + guidText + `\ffffffff;JOURNAL`},
		{"dl=" + guidText, "DL=" + guidText},
		{"DL=" + guidText + "@Corp.example", "DL=" + guidText + "@Corp.example"},
		{"machine=" + guidText, "MACHINE=" + guidText},
		{"MACHINE=" + guidText + ";deadXact", "MACHINE=" + guidText + ";DEADXACT"},
		{"MACHINE=" + guidText + ";deadletter", "MACHINE=" + guidText + ";DEADLETTER"},
		{"MACHINE=" + guidText + ";journal", "MACHINE=" + guidText + ";JOURNAL"},
		{"connector=" + guidText, "CONNECTOR=" + guidText},
		{"CONNECTOR=" + guidText + ";xactonly", "CONNECTOR=" + guidText + ";XACTONLY"},
		{"multicast=239.255.255.255:65535", "MULTICAST=239.255.255.255:65535"},
		{"MULTICAST=224.0.0.1:0", "MULTICAST=224.0.0.1:0"},

		{`direct=os:Host\PRIVATE$\Orders`, `DIRECT=OS:Host\private$\Orders`},
		{`FORMATNAME:DIRECT=OS:host\orders;journal`, `DIRECT=OS:host\orders;JOURNAL`},
		{`DIRECT=OS:.\private$\orders;Poison`, `DIRECT=OS:.\private$\orders;Poison`},
		{`DIRECT=OS:host\q;deadletter`, `DIRECT=OS:host\q;deadletter`}, // a subqueue: queues have no dead letters
		{`DIRECT=OS:host\system$;deadxact`, `DIRECT=OS:host\SYSTEM$;DEADXACT`},
		{`DIRECT=OS:host\;journal`, `DIRECT=OS:host\SYSTEM$;JOURNAL`},
		{`DIRECT=OS:host\private$\svc/orders.svc`, `DIRECT=OS:host\private$\svc/orders.svc`},
		{`DIRECT=OS:10.0.0.1\q`, `DIRECT=OS:10.0.0.1\q`},
		{`DIRECT=OS:host\` + longName, `DIRECT=OS:host\` + longName},
		{`DIRECT=tcp:127.0.0.12\private$\orders`, `DIRECT=TCP:127.0.0.12\private$\orders`},
		{`DIRECT=TCP:2001:DB8::0:1\q`, `DIRECT=TCP:2001:db8::1\q`},
		{`DIRECT=TCP:[::1]\system$;deadletter`, `DIRECT=TCP:::1\SYSTEM$;DEADLETTER`},
		{`DIRECT=TCP:fe80::1%eth0\q`, `DIRECT=TCP:fe80::1%eth0\q`},
		{`DIRECT=IPX:0000000A:00A0234F7500\q`, `DIRECT=IPX:0000000a:00a0234f7500\q`},
		{`DIRECT=http://Host/msmq\PRIVATE$\q`, `DIRECT=HTTP://Host/msmq/private$/q`},
		{`DIRECT=HTTP://host:08080/MSMQ/a/b;journal`, `DIRECT=HTTP://host:8080/msmq/a/b;JOURNAL`},
		{`DIRECT=HTTPS://[2001:DB8::1]:443/msmq/q`, `DIRECT=HTTPS://[2001:db8::1]:443/msmq/q`},
		{`DIRECT=HTTPS://[::1]/msmq/q`, `DIRECT=HTTPS://[::1]/msmq/q`},
		{`DIRECT=HTTP://host:/msmq/system$;deadxact`, `DIRECT=HTTP://host/msmq/SYSTEM$;DEADXACT`},

		{`direct=os:a\q,public=` + guidText + ",dl=" + guidText, `DIRECT=OS:a\q,PUBLIC=` + guidText + ",DL=" + guidText},
		{`MULTICAST=224.1.1.1:1,CONNECTOR=` + guidText + ",PRIVATE=" + guidText + `\1`, `MULTICAST=224.1.1.1:1,CONNECTOR=` + guidText + ",PRIVATE=" + guidText + `\00000001`},
	} {
		f, err := ParseFormatName(c.in)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if f.String() != c.want {
			t.Errorf("%s prints as %s, want %s", c.in, f, c.want)
		}
		if again, err := ParseFormatName(f.String()); err != nil || !again.Equal(f) || again.String() != c.want {
			t.Errorf("%s does not survive print and parse: %v, %v", c.in, again, err)
		}
	}
}

func TestParseFormatNameRefusesWithTheCauseAndTheFix(t *testing.T) {
	for _, c := range []struct{ in, why string }{
		{"", "begins with none of"},
		{"orders", "begins with none of"},
		{"DIRECT", "begins with none of"},
		{"DIRECT=", "no protocol"},
		{`DIRECT=SPX:a\q`, "no protocol"},
		{`DIRECT=OS:host`, `no \ between`},
		{`DIRECT=OS:host/q`, `no \ between`},
		{`DIRECT=OS:\q`, "computer name is empty"},
		{`DIRECT=OS:..\q`, "no computer"},
		{`DIRECT=OS:private$\q`, "computer name is missing"},
		{`DIRECT=OS:a b\q`, "contains the character ' '"},
		{`DIRECT=OS:a:b\q`, "contains the character ':'"},
		{`DIRECT=OS:fe80::1%a:b\q`, "contains the character ':'"},
		{`DIRECT=OS:` + strings.Repeat("h", 257) + `\q`, "257 characters"},
		{`DIRECT=OS:HOST\PRIVATE$\` + strings.Repeat("x", 4000), "4000 characters, at most 124"}, // MS05-017
		{`DIRECT=OS:h\q;` + strings.Repeat("s", 33), "33 characters, at most 32"},
		{`DIRECT=OS:h\q;`, "subqueue name is empty"},
		{`DIRECT=OS:h\q;a;journal`, "contains the character ';'"},
		{`DIRECT=OS:h\system$`, "no system queue"},
		{`DIRECT=OS:h\system$;xactonly`, "no system queue"},
		{`DIRECT=OS:h\..\q`, `contains the character '\'`},
		{`DIRECT=OS:h\a/../q`, "path step"},
		{"DIRECT=OS:h\\a\x00b", "U+0000"},
		{"DIRECT=OS:h\\a\xffb", "broken text"},
		{"DIRECT=OS:h\\a\u202eb", "U+202E"},
		{`DIRECT=OS:h\q\journal$`, "does not name a journal"},
		{`DIRECT=TCP:host\q`, "not an IP address"},
		{`DIRECT=TCP:010.0.0.1\q`, "not an IP address"},
		{`DIRECT=TCP:fe80::1%a;b\q`, "not an IP address"},
		{`DIRECT=IPX:1:2\q`, "not an IPX address"},
		{`DIRECT=HTTP:host/msmq/q`, "not //computer/msmq/"},
		{`DIRECT=HTTP://host`, "not //computer/msmq/"},
		{`DIRECT=HTTP://host/q`, "not followed by /msmq/"},
		{`DIRECT=HTTP://host/msmqx/q`, "not followed by /msmq/"},
		{`DIRECT=HTTP://host/msmq/`, "queue name is empty"},
		{`DIRECT=HTTP://host/msmq/..\..\x`, "contains the character '\\'"},
		{`DIRECT=HTTP://host:65536/msmq/q`, "not a port"},
		{`DIRECT=HTTP://fe80::1/msmq/q`, "no brackets"},
		{`DIRECT=HTTP://[fe80/msmq/q`, "not an IPv6 address"},
		{`DIRECT=HTTP:///msmq/q`, "computer name is empty"},
		{"PUBLIC=", "not an identifier"},
		{"PUBLIC={" + guidText + "}", "not an identifier"},
		{"PUBLIC=" + guidText + ";deadletter", "cannot be followed"},
		{"PUBLIC=" + guidText + ";sub", "cannot be followed"},
		{"PRIVATE=" + guidText, "hexadecimal digits"},
		{"PRIVATE=" + guidText + `\`, "hexadecimal digits"},
		{"PRIVATE=" + guidText + `\000000001`, "hexadecimal digits"},
		{"PRIVATE=" + guidText + `\+1`, "hexadecimal digits"},
		{"PRIVATE=" + guidText + `\0x1`, "hexadecimal digits"},
		{"PRIVATE=" + guidText[1:] + `\1`, "not an identifier"},
		{"MACHINE=" + guidText + ";xactonly", "cannot be followed"},
		{"CONNECTOR=" + guidText + ";journal", "cannot be followed"},
		{"DL=" + guidText + "@", "domain after @"},
		{"DL=" + guidText + "@a b", "contains the character ' '"},
		{"DL=" + guidText + ";journal", "not an identifier"},
		{"MULTICAST=223.0.0.1:1", "not a multicast address"},
		{"MULTICAST=240.0.0.1:1", "not a multicast address"},
		{"MULTICAST=[ff02::1]:1", "not a multicast address"},
		{"MULTICAST=224.0.0.1", "not a port"},
		{"MULTICAST=224.0.0.1:01", "not a port"},
		{"MULTICAST=224.0.0.1:65536", "not a port"},
		{`DIRECT=OS:a\q,`, "name 2 of the list"},
		{`DIRECT=OS:a\q,DIRECT=OS:b\q;journal`, "can only be read"},
		{`MACHINE=` + guidText + `,DIRECT=OS:a\q`, "can only be read"},
		{`DIRECT=OS:a\system$;deadxact,DIRECT=OS:a\q`, "can only be read"},
		{`DIRECT=OS:a\q;sub,DIRECT=OS:a\q`, "is a subqueue"},
	} {
		f, err := ParseFormatName(c.in)
		wantRefused(t, c.in, err, ErrIllegalFormatName, c.why)
		if !f.IsZero() {
			t.Errorf("%s: refused, yet %v came back", c.in, f)
		}
	}
}

// wantRefused checks what both readers of an error get.
func wantRefused(t *testing.T, in string, err error, code HResult, why string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("%q: error %v, want an *Error", in, err)
		return
	}
	if e.Code != code || !strings.Contains(e.Why, why) || e.Fix == "" || e.Op == "" {
		t.Errorf("%q: %v (code %v, why %q, fix %q), want %v and %q", in, e, e.Code, e.Why, e.Fix, code, why)
	}
	if n := len(e.Error()); n > 600 {
		t.Errorf("%q: the error is %d bytes long", in, n)
	}
}

func TestParsePathName(t *testing.T) {
	for _, c := range []struct {
		in, want string
		name     PathName
	}{
		{`host\Orders`, `host\Orders`, PathName{Machine: "host", Queue: "Orders"}},
		{`.\orders`, `.\orders`, PathName{Machine: ".", Queue: "orders"}},
		{`Host\PRIVATE$\q`, `Host\private$\q`, PathName{Machine: "Host", Private: true, Queue: "q"}},
		{`.\private$\q;Poison`, `.\private$\q;Poison`, PathName{Machine: ".", Private: true, Queue: "q", Subqueue: "Poison"}},
		{`.\private$\q;JOURNAL`, `.\private$\q;journal`, PathName{Machine: ".", Private: true, Queue: "q", Suffix: SuffixJournal}},
		{`h\q;journal`, `h\q;journal`, PathName{Machine: "h", Queue: "q", Suffix: SuffixJournal}},
		{`h\SYSTEM$;Journal`, `h\system$;journal`, PathName{Machine: "h", System: true, Suffix: SuffixJournal}},
		{`h\system$;deadletter`, `h\system$;deadletter`, PathName{Machine: "h", System: true, Suffix: SuffixDeadLetter}},
		{`.\;DEADXACT`, `.\system$;deadxact`, SystemPathName(SuffixDeadXact)},
		{`.\system$\deadxact`, `.\system$;deadxact`, SystemPathName(SuffixDeadXact)},
		{`.\private$\CON`, `.\private$\CON`, PrivatePath("CON")}, // a name of the ABNF; queues are not files
		{`fe80::1\q`, `fe80::1\q`, PathName{Machine: "fe80::1", Queue: "q"}},
		{`h\` + longName, `h\` + longName, PathName{Machine: "h", Queue: longName}},
		{`h\my orders`, `h\my orders`, PathName{Machine: "h", Queue: "my orders"}},
		{`h\Aufträge`, `h\Aufträge`, PathName{Machine: "h", Queue: "Aufträge"}},
		{
			"h\\!#$%&'()*-./09:<=>?@AZ[]^_`az{|}~\x7f", "h\\!#$%&'()*-./09:<=>?@AZ[]^_`az{|}~\x7f",
			PathName{Machine: "h", Queue: "!#$%&'()*-./09:<=>?@AZ[]^_`az{|}~\x7f"},
		},
	} {
		p, err := ParsePathName(c.in)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if p != c.name || p.String() != c.want {
			t.Errorf("%s is %+v and prints as %s, want %+v and %s", c.in, p, p, c.name, c.want)
		}
		if back, ok := p.Direct().PathName(); !ok || back != p {
			t.Errorf("%s does not survive its direct format name: %+v", c.in, back)
		}
	}
}

func TestParsePathNameRefusesWithTheCauseAndTheFix(t *testing.T) {
	for _, c := range []struct{ in, why string }{
		{"", "empty"},
		{"orders", "no computer"},
		{"host/private$/q", "no computer"},
		{`\q`, "computer name is empty"},
		{`\private$\q`, "computer name is empty"},
		{`private$\q`, "computer name is missing"},
		{`..\..\x`, "no computer"},
		{`h\..\..\x`, `contains the character '\'`},
		{`h\..`, "path step"},
		{`h\../../x`, "path step"},
		{`h\`, "queue name is empty"},
		{`h\private$`, "keyword"},
		{`h\private$\`, "queue name is empty"},
		{`h\private$/x`, "keyword"},
		{`h\private$\system$`, "no queue name"},
		{`h\system$`, "no system queue"},
		{`h\system$;orders`, "no system queue"},
		{`h\private$\q\journal$`, "does not name a journal"},
		{`h\a+b`, "'+'"},
		{`h\a,b`, "','"},
		{`h\a"b`, `'"'`},
		{"h\\a\nb", "U+000A"},
		{"h\\a\u200bb", "U+200B"},
		{`h\ a`, "begins or ends with a space"},
		{`h\q;s `, "begins or ends with a space"},
		{`h\q;`, "subqueue name is empty"},
		{`h\q;a;b`, "';'"},
		{`h\q;` + longName, "at most 32"},
		{`h\` + longName + "x", "125 characters, at most 124"},
		{`h\` + strings.Repeat("😀", 63), "126 characters, at most 124"},
		{`fqdn\` + strings.Repeat("A", 4096), "4096 characters"}, // MS07-065
		{strings.Repeat("h", 257) + `\q`, "257 characters"},
		{`DIRECT=OS:h\q`, "format name"},
		{`formatname:h\q`, "format name"},
	} {
		p, err := ParsePathName(c.in)
		wantRefused(t, c.in, err, ErrIllegalQueuePathname, c.why)
		if !p.IsZero() {
			t.Errorf("%s: refused, yet %v came back", c.in, p)
		}
	}
}

func TestParseQueueTakesWhatAPersonTypes(t *testing.T) {
	for _, c := range []struct{ in, want, format string }{
		{"orders", `.\private$\orders`, `DIRECT=OS:.\private$\orders`},
		{" Orders ", `.\private$\Orders`, `DIRECT=OS:.\private$\Orders`},
		{"orders;poison", `.\private$\orders;poison`, `DIRECT=OS:.\private$\orders;poison`},
		{"orders;Journal", `.\private$\orders;journal`, `DIRECT=OS:.\private$\orders;JOURNAL`},
		{`private$\orders`, `.\private$\orders`, `DIRECT=OS:.\private$\orders`},
		{`System$;DeadXact`, `.\system$;deadxact`, `DIRECT=OS:.\SYSTEM$;DEADXACT`},
		{`host\orders`, `host\orders`, `DIRECT=OS:host\orders`},
		{`formatname:direct=tcp:127.0.0.12\private$\orders`, `DIRECT=TCP:127.0.0.12\private$\orders`, `DIRECT=TCP:127.0.0.12\private$\orders`},
		{"public=" + guidText, "PUBLIC=" + guidText, "PUBLIC=" + guidText},
	} {
		q, err := ParseQueue(c.in)
		if err != nil || q.String() != c.want || q.FormatName().String() != c.format {
			t.Errorf("%s is %s, %s (%v), want %s, %s", c.in, q, q.FormatName(), err, c.want, c.format)
		}
	}
	for in, code := range map[string]HResult{
		"":                        ErrIllegalQueuePathname,
		"  ":                      ErrIllegalQueuePathname,
		`..\..\x`:                 ErrIllegalQueuePathname,
		"../../x":                 ErrIllegalQueuePathname,
		";journal":                ErrIllegalQueuePathname,
		"a,b":                     ErrIllegalQueuePathname,
		"DIRECT=OS:h":             ErrIllegalFormatName,
		"FormatName:orders":       ErrIllegalFormatName,
		"PUBLIC=nonsense":         ErrIllegalFormatName,
		strings.Repeat("x", 4000): ErrIllegalQueuePathname,
	} {
		q, err := ParseQueue(in)
		wantRefused(t, in, err, code, "")
		if !q.IsZero() {
			t.Errorf("%s: refused, yet %v came back", in, q)
		}
	}
}

func TestNamesCompareWithoutCase(t *testing.T) {
	a, _ := ParseQueue(`DIRECT=OS:HOST\private$\Ärger;Sub`)
	b, _ := ParseQueue(`direct=os:host\PRIVATE$\ärger;sub`)
	if !a.Equal(b) || !a.Format.Equal(b.Format) || a.Format.Key() != b.Format.Key() {
		t.Errorf("%s and %s differ", a, b)
	}
	p, _ := a.PathName()
	q, _ := b.PathName()
	if !p.Equal(q) || p.Key() != q.Key() {
		t.Errorf("%s and %s differ", p, q)
	}
	for _, other := range []string{`DIRECT=TCP:1.1.1.1\private$\ärger;sub`, `DIRECT=OS:host\private$\ärger`, `DIRECT=OS:host\private$\ärger;journal`} {
		if o, err := ParseQueue(other); err != nil || o.Equal(a) {
			t.Errorf("%s equals %s (%v)", o, a, err)
		}
	}
	// The long s folds to an s in Unicode, never in a keyword.
	if p, err := ParsePathName("h\\ſystem$"); err != nil || p.System {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestConstructorsPrintWhatParses(t *testing.T) {
	g := mustGUID(t)
	for _, f := range []FormatName{
		Public(g), Public(g).Journal(), Private(g, 15), Private(g, 15).Journal(),
		Machine(g, SuffixDeadXact), Connector(g, true), Connector(g, false),
		DistributionList(g, ""), DistributionList(g, "corp.example"), Multicast("224.0.0.9:8001"),
		DirectOS("host", `private$\orders`), DirectOS("host", `private$\orders`).Sub("poison"),
		DirectTCP("127.0.0.12", "orders").Journal(), Direct(ProtocolHTTPS, "host", `private$\orders`),
		Multi(DirectOS("a", "q"), Public(g)),
		PrivatePath("orders").On("host").Direct(), SystemPathName(SuffixDeadLetter).Direct(),
	} {
		got, err := ParseFormatName(f.String())
		if err != nil || !got.Equal(f) || got.Kind != f.Kind {
			t.Errorf("%s parses as %s, %v", f, got, err)
		}
	}
	if f := Multi(Public(g)); f.Kind != KindPublic {
		t.Errorf("a list of one is %v", f.Kind)
	}
	if p := (PathName{Machine: "h", Queue: "q", Subqueue: "s"}).Parent(); p.String() != `h\q` {
		t.Errorf("parent %s", p)
	}
	if p := SystemPathName(SuffixDeadXact).Parent(); p.Suffix != SuffixDeadXact || !p.Local() {
		t.Errorf("parent %s", p)
	}
	for _, f := range []FormatName{{}, Public(g), Direct(ProtocolHTTP, "h", "q"), Multi(Public(g), Public(g))} {
		if p, ok := f.PathName(); ok {
			t.Errorf("%s has the path name %s", f, p)
		}
	}
	if !Direct(ProtocolHTTP, "h", "q").IsHTTP() || DirectOS("h", "q").IsHTTP() {
		t.Error("IsHTTP is wrong")
	}
}

func TestNamesAreTextInJSON(t *testing.T) {
	for _, in := range []string{"", `DIRECT=OS:h\q`, "PUBLIC=" + guidText} {
		var f FormatName
		if err := f.UnmarshalText([]byte(in)); err != nil {
			t.Fatal(err)
		}
		if b, _ := f.MarshalText(); string(b) != in {
			t.Errorf("%q became %q", in, b)
		}
	}
	for _, in := range []string{"", `h\private$\q;sub`} {
		var p PathName
		var q QueueName
		if p.UnmarshalText([]byte(in)) != nil || q.UnmarshalText([]byte(in)) != nil {
			t.Fatal(in)
		}
		b, _ := p.MarshalText()
		c, _ := q.MarshalText()
		if string(b) != in || string(c) != in {
			t.Errorf("%q became %q and %q", in, b, c)
		}
	}
	var f FormatName
	var p PathName
	var q QueueName
	if f.UnmarshalText([]byte("x")) == nil || p.UnmarshalText([]byte("x")) == nil || q.UnmarshalText([]byte(`\`)) == nil {
		t.Error("nonsense was taken")
	}
}

func TestKindsAndSuffixesHaveNames(t *testing.T) {
	if KindDirect.String() != "DIRECT" || KindNone.String() != "" || Kind(99).String() != "Kind(99)" {
		t.Error("kind names")
	}
	if SuffixDeadXact.String() != "DEADXACT" || SuffixNone.String() != "" || Suffix(99).String() != "Suffix(99)" {
		t.Error("suffix names")
	}
}

func TestLabelLengthCountsUTF16Units(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "äöü": 3, "😀": 2} {
		if got := LabelLength(s); got != want {
			t.Errorf("%q has %d units, want %d", s, got, want)
		}
	}
}

func TestQuoteIsShortAndOnOneLine(t *testing.T) {
	for in, want := range map[string]string{
		`.\private$\q`: `".\private$\q"`, "a\nb\x00": `"a\u000ab\u0000"`, "\u202e": `"\u202e"`, "\xff": `"\ufffd"`, "ä": `"ä"`,
		strings.Repeat("x", 61): `"` + strings.Repeat("x", 60) + `"...`, strings.Repeat("x", 60): `"` + strings.Repeat("x", 60) + `"`,
		strings.Repeat("\x04", 1000): `"` + strings.Repeat(`\u0004`, 10) + `"...`,
	} {
		if got := Quote(in); got != want {
			t.Errorf("%q is shown as %s, want %s", in, got, want)
		}
	}
}
