package ldap

import (
	"strings"
	"testing"
	"unicode/utf8"

	ber "github.com/go-asn1-ber/asn1-ber"
	goldap "github.com/go-ldap/ldap/v3"
	"pgregory.net/rapid"

	"posthouse/localqm/mq"
)

// Entries of the table of MS-MQDSSM 2.2.5, and what follows for names.
func TestTheHashOfAQueueNameIsThatOfTheSpecification(t *testing.T) {
	for i, want := range map[int]uint32{0: 0, 1: 0x82E0FE45, 2: 0x3302DCCD, 17: 0x2C35386A, 128: 0x9B619023, 240: 0x880DA227, 255: 0x93E14A01} {
		if nameTable[i] != want {
			t.Errorf("entry %d is %08x, want %08x", i, nameTable[i], want)
		}
	}
	// By the steps of the text.
	byHand := func(s string) (h uint32) {
		for _, r := range strings.ToLower(s) {
			for _, b := range []byte{byte(r >> 8), byte(r)} {
				h = h>>8 ^ nameTable[b^byte(h)]
			}
		}
		return h
	}
	for _, name := range []string{"", "a", "Orders", "ØRSTED", strings.Repeat("queue", 20)} {
		if got, want := nameHash(name), byHand(name); got != hex8(want) {
			t.Errorf("the hash of %q is %s, want %08x", name, got, want)
		}
	}
	if nameHash("ORDERS") != nameHash("orders") {
		t.Error("letter case changes the hash")
	}
}

func hex8(n uint32) string {
	const digits = "0123456789abcdef"
	b := make([]byte, 8)
	for i := range b {
		b[i] = digits[n>>(28-4*i)&15]
	}
	return string(b)
}

func TestNamesOfQueuesComeBackWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringN(1, 124, -1).Draw(t, "name")
		cn, rest := splitQueueName(name)
		if mq.LabelLength(cn) > maxName || !utf8.ValidString(cn) || !utf8.ValidString(rest) {
			t.Fatalf("%q becomes %q and %q", name, cn, rest)
		}
		if got := joinQueueName(cn, rest); got != name {
			t.Fatalf("%q comes back as %q", name, got)
		}
	})
	if got := joinQueueName(strings.Repeat("x", 64), ""); got != strings.Repeat("x", 64) {
		t.Errorf("a name that somebody else made is cut to %q", got)
	}
}

// anyText has what names and filters could take for something else more often than
// chance would.
var anyText = rapid.Custom(func(t *rapid.T) string {
	parts := rapid.SliceOfN(rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{`\`, ",", "=", "+", `"`, ";", "<", ">", "#", " ", "*", "(", ")", "&", "|", "!", "\x00", "CN=", `\2c`, "\n", "é", "😀", "/"}),
	), 1, 6).Draw(t, "parts")
	return strings.Join(parts, "")
})

func TestAnyTextIsANameAndNothingMore(t *testing.T) {
	const parent = `CN=msmq,CN=A\,B,DC=nordhavn,DC=example`
	rapid.Check(t, func(t *rapid.T) {
		name := anyText.Draw(t, "name")
		dn := Child(name, parent)
		if got := Element(dn, 0); got != name {
			t.Fatalf("%q comes back as %q from %s", name, got, dn)
		}
		if Ancestor(dn, 1) != parent || Element(dn, 2) != "A,B" {
			t.Fatalf("%q changes what is above: %s", name, dn)
		}
		d, err := goldap.ParseDN(dn)
		if err != nil || len(d.RDNs) != 5 || d.RDNs[0].Attributes[0].Value != name {
			t.Fatalf("%s is read as %v, %v", dn, d, err)
		}
		if other := strings.ReplaceAll(dn, ",CN=msmq", " , cn = MSMQ"); Key(other) != Key(dn) {
			t.Fatalf("%s and %s have other keys:\n%s\n%s", dn, other, Key(dn), Key(other))
		}
	})
}

func TestAnyTextInAFilterIsAValueAndNothingMore(t *testing.T) {
	leaf := func(t *rapid.T, filter string, tag ber.Tag) *ber.Packet {
		p, err := goldap.CompileFilter(filter)
		if err != nil || p.Tag != tag {
			t.Fatalf("%s: %v", filter, err)
		}
		return p
	}
	rapid.Check(t, func(t *rapid.T) {
		text := anyText.Draw(t, "text")
		p := leaf(t, equal("mSMQLabelEx", text), goldap.FilterEqualityMatch)
		if got := p.Children[1].Data.String(); got != text || p.Children[0].Data.String() != "mSMQLabelEx" {
			t.Fatalf("%q is %q", text, got)
		}
		p = leaf(t, equalBytes("objectGUID", []byte(text)), goldap.FilterEqualityMatch)
		if got := p.Children[1].Data.String(); got != text {
			t.Fatalf("%q is %q", text, got)
		}
		if text == "" {
			return
		}
		p = leaf(t, contains("cn", text), goldap.FilterSubstrings)
		if parts := p.Children[1].Children; len(parts) != 1 || parts[0].Tag != goldap.FilterSubstringsAny || parts[0].Data.String() != text {
			t.Fatalf("%q became %v", text, parts)
		}
		p = leaf(t, begins("cn", text), goldap.FilterSubstrings)
		if parts := p.Children[1].Children; len(parts) != 1 || parts[0].Tag != goldap.FilterSubstringsInitial || parts[0].Data.String() != text {
			t.Fatalf("%q became %v", text, parts)
		}
		p = leaf(t, and(equal("cn", text), or(equal("cn", "a"), not(present("cn")))), goldap.FilterAnd)
		if len(p.Children) != 2 {
			t.Fatalf("%q adds to the filter", text)
		}
		leaf(t, atLeast("cn", text), goldap.FilterGreaterOrEqual)
		leaf(t, atMost("cn", text), goldap.FilterLessOrEqual)
	})
}

func TestPartsOfNames(t *testing.T) {
	const dn = `CN=a\,b\\,CN=c, DC=d`
	for i, want := range []string{`a,b\`, "c", "d", ""} {
		if got := Element(dn, i); got != want {
			t.Errorf("part %d is %q, want %q", i, got, want)
		}
	}
	for n, want := range []string{dn, "CN=c, DC=d", "DC=d", "", ""} {
		if got := Ancestor(dn, n); got != want {
			t.Errorf("above %d is %q, want %q", n, got, want)
		}
	}
	for _, c := range []struct {
		dn, base string
		want     bool
	}{{"CN=a,DC=b", "dc=B", true}, {"DC=b", "DC=b", true}, {"CN=aDC=b", "DC=b", false}, {"DC=b", "CN=a,DC=b", false}} {
		if within(c.dn, c.base) != c.want {
			t.Errorf("%s within %s", c.dn, c.base)
		}
	}
	if isDeleted("CN=msmq,DC=b") || !isDeleted(`CN=msmq\0ADEL:fed6cb97-0000-0000-0000-000000000000,CN=Deleted Objects,DC=b`) {
		t.Error("deleted objects are not told by their names")
	}
	a, _ := mq.ParseGUID("00112233-4455-6677-8899-aabbccddeeff")
	if got := LinkName(a, a); got != "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" {
		t.Errorf("a link is called %s", got)
	}
}
