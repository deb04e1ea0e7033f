package notice

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"posthouse/localqm/mq"
)

var queue = mq.GUID{0x67, 0x45, 0x23, 0x01, 0xab, 0x89, 0xef, 0xcd, 1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}

func wide(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

const body = "<Notification><Event>2</Event><ObjectGuid>01234567-89AB-CDEF-0123-456789ABCDEF</ObjectGuid>" +
	"<DomainController>DC01.nordhavn.example</DomainController></Notification>"

func TestNoticeIsTheTextOfTheSpecification(t *testing.T) {
	n := Notice{Event: QueueChanged, Object: queue, Controller: "DC01.nordhavn.example"}
	got, err := n.Body()
	if err != nil {
		t.Fatal(err)
	}
	want := append(append([]byte{2, 1}, wide(body)...), 0) // one unused byte, MS-MQCN 3.3.5.3
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	m, err := Parse(got)
	if err != nil || m.Version != Version2 || m.Notice != n {
		t.Fatalf("Parse = %+v, %v", m, err)
	}
}

func TestNoticesOfOthersAreRead(t *testing.T) {
	for name, text := range map[string]string{
		"with a NUL":               body + "\x00",
		"with the space":           strings.Replace(body, "</ObjectGuid>", "</ObjectGuid >", 1),
		"in lower case":            strings.Replace(body, "89AB-CDEF", "89ab-cdef", 1),
		"a controller without dot": strings.Replace(body, "DC01.nordhavn.example", `\\DC01`, 1),
	} {
		for unused := range 2 {
			b := append(append([]byte{2, 1}, wide(text)...), make([]byte, unused)...)
			if m, err := Parse(b); err != nil || m.Notice.Event != QueueChanged || m.Notice.Object != queue {
				t.Errorf("%s, %d unused bytes: %+v, %v", name, unused, m, err)
			}
		}
	}
}

func TestMalformedNoticesAreRefused(t *testing.T) {
	replaced := func(old, now string) []byte {
		s := strings.Replace(body, old, now, 1)
		if s == body {
			t.Fatalf("%q is not there", old)
		}
		return append([]byte{2, 1}, wide(s)...)
	}
	for name, b := range map[string][]byte{
		"nothing":             nil,
		"version only":        {2},
		"version 0":           append([]byte{0, 1}, wide(body)...),
		"version 3":           append([]byte{3, 1}, wide(body)...),
		"two notifications":   append([]byte{2, 2}, wide(body)...),
		"no notification":     append([]byte{2, 0}, wide(body)...),
		"event 0":             replaced(">2<", ">0<"),
		"event 5":             replaced(">2<", ">5<"),
		"event 22":            replaced(">2<", ">22<"),
		"no event":            replaced(">2<", "><"),
		"no GUID":             replaced("01234567-89AB-CDEF-0123-456789ABCDEF", ""),
		"GUID in braces":      replaced("01234567-89AB-CDEF-0123-456789ABCDEF", "{01234567-89AB-CDEF-0123-456789ABCDEF}"),
		"GUID of zeros":       replaced("01234567-89AB-CDEF-0123-456789ABCDEF", "00000000-0000-0000-0000-000000000000"),
		"GUID cut off":        replaced("456789ABCDEF", "456789ABCDE"),
		"no controller":       replaced("DC01.nordhavn.example", ""),
		"controller too long": replaced("DC01.nordhavn.example", strings.Repeat("x", 257)),
		"space in controller": replaced("DC01.nordhavn", "DC01 nordhavn"),
		"not ASCII":           replaced("DC01", "DÄ01"),
		"more behind":         replaced("</Notification>", "</Notification>x"),
		"nested":              replaced("<DomainController>", "<DomainController><X>"),
		"two bytes behind":    append(replaced("DC01", "DC02"), 1, 2),
		"four bytes behind":   append(replaced("DC01", "DC02"), 0, 0, 0, 0),
		"big-endian":          {2, 1, 0, '<', 0, 'N'},
	} {
		if m, err := Parse(b); !errors.Is(err, mq.ErrInvalidParameter) || m.Version != 0 {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	whole := append([]byte{2, 1}, wide(body)...)
	for n := range whole {
		if _, err := Parse(whole[:n]); err == nil {
			t.Errorf("the first %d bytes of %d are taken", n, len(whole))
		}
	}
}

func TestImpossibleNoticesAreNotWritten(t *testing.T) {
	for name, n := range map[string]Notice{
		"no event":        {Object: queue, Controller: "DC01"},
		"event 5":         {Event: 5, Object: queue, Controller: "DC01"},
		"no object":       {Event: QueueChanged, Controller: "DC01"},
		"no controller":   {Event: QueueChanged, Object: queue},
		"a tag inside":    {Event: QueueChanged, Object: queue, Controller: "</DomainController>"},
		"a space inside":  {Event: QueueChanged, Object: queue, Controller: "DC 01"},
		"far too long":    {Event: QueueChanged, Object: queue, Controller: strings.Repeat("x", 257)},
		"not only ASCII":  {Event: QueueChanged, Object: queue, Controller: "DÄ01"},
		"unprintable DEL": {Event: QueueChanged, Object: queue, Controller: "DC\x7f01"},
	} {
		if b, err := n.Body(); !errors.Is(err, mq.ErrInvalidParameter) {
			t.Errorf("%s: % x, %v", name, b, err)
		}
	}
}
