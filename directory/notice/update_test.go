package notice

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posthouse/localqm/mq"
)

var (
	machine = mq.GUID{9, 9, 9}
	master  = mq.GUID{7, 7}
)

// updates are one of each sort (MS-MQCN 3.3.5.2).
func updates() []Update {
	return []Update{
		{Command: Create, Path: `SHOP01\orders`, Master: master, Properties: []Property{
			{mq.PropQType, mq.GUID{1}},
			{mq.PropQInstance, queue},
			{mq.PropQBasePriority, int16(-3)},
			{mq.PropQJournal, uint8(1)},
			{mq.PropQQuota, uint32(100)},
			{mq.PropQCreateTime, int32(1_700_000_000)},
			{mq.PropQSecurity, []byte{1, 2, 3}},
			{mq.PropQPathName, `SHOP01\orders`},
			{mq.PropQLabel, "Bestellungen für Århus 📦"},
		}},
		{Command: Change, ID: machine, Master: master, Properties: []Property{
			{mq.PropQMMachineID, machine},
			{mq.PropQMCNs, []mq.GUID{{1}, {2}}},
			{mq.PropQMSecurity, []byte{}},
		}},
		{Command: Delete, ID: queue, Master: master, Properties: []Property{
			{PropDScope, uint8(1)},
			{PropDObjType, uint8(1)},
		}},
		{Command: Change, ID: queue},
	}
}

func TestUpdatesAreLaidOutAsSpecified(t *testing.T) {
	got, err := AppendUpdates(nil, []Update{
		{Command: Create, Path: "A", Master: master, Properties: []Property{{mq.PropQJournal, uint8(1)}, {mq.PropQQuota, uint32(258)}}},
		{Command: Delete, ID: queue, Master: master},
	})
	if err != nil {
		t.Fatal(err)
	}
	var want []byte
	want = append(want, 1, 2)
	want = append(want, 0, 0, 'A', 0, 0, 0) // created, by path
	want = append(want, master[:]...)
	want = append(want, make([]byte, 24)...)
	want = append(want, 2, 104, 0, 0, 0, 105, 0, 0, 0, 1, 2, 1, 0, 0)
	want = append(want, 2, 1) // deleted, by identifier
	want = append(want, queue[:]...)
	want = append(want, master[:]...)
	want = append(want, make([]byte, 24)...)
	want = append(want, 0)
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
}

func TestUpdatesReadAsTheyWereWritten(t *testing.T) {
	b, err := AppendUpdates(nil, updates())
	if err != nil {
		t.Fatal(err)
	}
	for unused := range 2 {
		m, err := Parse(append(b, make([]byte, unused)...))
		if err != nil || m.Version != Version1 {
			t.Fatalf("%+v, %v", m, err)
		}
		if d := cmp.Diff(updates(), m.Updates); d != "" {
			t.Fatal(d)
		}
	}
	for n := range b {
		if _, err := Parse(b[:n]); !errors.Is(err, mq.ErrInvalidParameter) {
			t.Errorf("the first %d bytes of %d: %v", n, len(b), err)
		}
	}
}

func TestEveryFormOfValueReadsAsItWasWritten(t *testing.T) {
	little := binary.LittleEndian
	for _, c := range []struct {
		vt   mq.VarType
		v    any
		wire []byte
	}{
		{mq.VTI1, int8(-2), []byte{0xFE}},
		{mq.VTUI1, uint8(200), []byte{200}},
		{mq.VTI2, int16(-2), []byte{0xFE, 0xFF}},
		{mq.VTUI2, uint16(0x1234), []byte{0x34, 0x12}},
		{mq.VTBool, true, []byte{0xFF, 0xFF}},
		{mq.VTBool, false, []byte{0, 0}},
		{mq.VTI4, int32(-2), []byte{0xFE, 0xFF, 0xFF, 0xFF}},
		{mq.VTUI4, uint32(0x12345678), []byte{0x78, 0x56, 0x34, 0x12}},
		{mq.VTI8, int64(-2), []byte{0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}},
		{mq.VTUI8, uint64(1) << 56, []byte{0, 0, 0, 0, 0, 0, 0, 1}},
		{mq.VTLPWSTR, "é", []byte{0xE9, 0, 0, 0}},
		{mq.VTLPWSTR, "", []byte{0, 0}},
		{mq.VTBlob, []byte{5, 6}, []byte{2, 0, 0, 0, 5, 6}},
		{mq.VTBlob, []byte{}, []byte{0, 0, 0, 0}},
		{mq.VTCLSID, queue, queue[:]},
		{mq.VTUI4 | mq.VTVector, []uint32{1, 2}, []byte{2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0}},
		{mq.VTCLSID | mq.VTVector, []mq.GUID{queue}, append(little.AppendUint32(nil, 1), queue[:]...)},
		{mq.VTLPWSTR | mq.VTVector, []string{"a", ""}, []byte{2, 0, 0, 0, 'a', 0, 0, 0, 0, 0}},
		{mq.VTLPWSTR | mq.VTVector, []string{}, []byte{0, 0, 0, 0}},
	} {
		got, err := appendValue(nil, c.vt, c.v)
		if err != nil || cmp.Diff(c.wire, got) != "" {
			t.Errorf("%s %v is written % x, %v", c.vt, c.v, got, err)
		}
		r := &reader{b: c.wire}
		if v := r.value(c.vt); r.err != nil || len(r.b) > 0 || cmp.Diff(c.v, v) != "" {
			t.Errorf("%s % x is read %#v, %v, % x left", c.vt, c.wire, v, r.err, r.b)
		}
		for n := range c.wire {
			r := &reader{b: c.wire[:n]}
			if v := r.value(c.vt); r.err == nil {
				t.Errorf("%s: the first %d bytes are %#v", c.vt, n, v)
			}
		}
	}
}

func TestMalformedValuesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		vt mq.VarType
		b  []byte
	}{
		"a yes that is 1":       {mq.VTBool, []byte{1, 0}},
		"half a surrogate":      {mq.VTLPWSTR, []byte{0, 0xD8, 0, 0}},
		"a text without end":    {mq.VTLPWSTR, []byte{'a', 0, 'b', 0}},
		"a blob of 4 GB":        {mq.VTBlob, []byte{0xFF, 0xFF, 0xFF, 0xFF, 1}},
		"a list of 4 G GUIDs":   {mq.VTCLSID | mq.VTVector, append([]byte{0xFF, 0xFF, 0xFF, 0xFF}, queue[:]...)},
		"a list of 4 G texts":   {mq.VTLPWSTR | mq.VTVector, []byte{0xFF, 0xFF, 0xFF, 0xFF, 0, 0}},
		"a list of 1 G numbers": {mq.VTUI4 | mq.VTVector, []byte{0, 0, 0, 0x40, 0, 0, 0, 0}},
		"a type without form":   {mq.VTR8, make([]byte, 8)},
	} {
		r := &reader{b: c.b}
		if v := r.value(c.vt); r.err == nil {
			t.Errorf("%s: %#v", name, v)
		}
	}
}

func TestMalformedUpdatesAreRefused(t *testing.T) {
	update := func(command, use byte, rest ...byte) []byte { return append([]byte{1, 1, command, use}, rest...) }
	tail := make([]byte, 16+24+1)
	many := append([]byte{1, 255, 1, 1}, make([]byte, 16+41)...)
	for name, b := range map[string][]byte{
		"no update":        {1, 0},
		"255 updates":      many,
		"command 3":        update(3, 1, append(queue[:], tail...)...),
		"UseGuid 2":        update(1, 2, append(queue[:], tail...)...),
		"empty path":       update(0, 0, append([]byte{0, 0}, tail...)...),
		"unknown property": update(1, 1, append(append(queue[:], tail[:40]...), 1, 0xFF, 0xFF, 0, 0, 1, 1, 1, 1)...),
		"two bytes behind": update(1, 1, append(append(queue[:], tail...), 1, 2)...),
	} {
		if m, err := Parse(b); !errors.Is(err, mq.ErrInvalidParameter) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

func TestImpossibleUpdatesAreNotWritten(t *testing.T) {
	for name, u := range map[string][]Update{
		"none":             nil,
		"256":              make([]Update, 256),
		"command 3":        {{Command: 3}},
		"256 properties":   {{Properties: make([]Property, 256)}},
		"unknown property": {{Properties: []Property{{mq.PropID(1), uint8(1)}}}},
		"wrong type":       {{Properties: []Property{{mq.PropQJournal, uint32(1)}}}},
		"no value":         {{Properties: []Property{{mq.PropQJournal, nil}}}},
		"NUL in a text":    {{Properties: []Property{{mq.PropQLabel, "a\x00b"}}}},
		"NUL in a path":    {{Path: "a\x00b"}},
	} {
		if b, err := AppendUpdates(nil, u); !errors.Is(err, mq.ErrInvalidParameter) {
			t.Errorf("%s: % x, %v", name, b, err)
		}
	}
}

// What is read is written as the same, and read again as the same.
func FuzzParse(f *testing.F) {
	v2, _ := Notice{Event: QueueDeleted, Object: queue, Controller: "DC01"}.Body()
	v1, _ := AppendUpdates(nil, updates())
	f.Add(v2)
	f.Add(v1)
	f.Add([]byte{1, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			if !errors.Is(err, mq.ErrInvalidParameter) {
				t.Fatalf("%v", err)
			}
			return
		}
		var again []byte
		if m.Version == Version2 {
			again, err = m.Notice.Body()
		} else {
			again, err = AppendUpdates(nil, m.Updates)
		}
		if err != nil {
			t.Fatalf("%+v is not written: %v", m, err)
		}
		n, err := Parse(again)
		if err != nil || cmp.Diff(m, n) != "" {
			t.Fatalf("%+v is read again as %+v, %v", m, n, err)
		}
	})
}
