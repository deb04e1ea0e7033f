package secure

import (
	"bytes"
	"encoding/hex"
	"runtime"
	"strings"
	"testing"

	"posthouse/localqm/mq"
)

// The example of MS-DTYP 2.5.1.4.
const (
	specSDDL = "O:BAG:BAD:P(A;CIOI;GRGX;;;BU)(A;CIOI;GA;;;BA)(A;CIOI;GA;;;SY)(A;CIOI;GA;;;CO)S:P(AU;FA;GR;;;WD)"
	specHex  = "010014b090000000a000000014000000" + "3000000002001c000100000002801400" +
		"00000080010100000000000100000000" + "0200600004000000000318000000" + "00a0" +
		"01020000000000052000000021020000" + "00031800000000100102000000000005" +
		"20000000200200000003140000000010" + "01010000000000051200000000031400" +
		"00000010010100000000000300000000" + "01020000000000052000000020020000" + "01020000000000052000000020020000"
)

func specBytes(t testing.TB) []byte {
	t.Helper()
	raw, err := hex.DecodeString(specHex)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestTheExampleOfTheSpecificationMatchesToTheByte(t *testing.T) {
	d, err := ParseSDDL(specSDDL)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Append([]byte("head"))[4:]; !bytes.Equal(got, specBytes(t)) {
		t.Errorf("encoded\n%x, want\n%s", got, specHex)
	}
	back, err := ParseDescriptor(specBytes(t))
	if err != nil || !back.Equal(d) {
		t.Errorf("decoded %s, %v", back, err)
	}
	want := "O:BAG:BAD:P(A;OICI;0xa0000000;;;BU)(A;OICI;0x10000000;;;BA)(A;OICI;0x10000000;;;SY)(A;OICI;0x10000000;;;CO)S:P(AU;FA;0x80000000;;;WD)"
	if back.String() != want {
		t.Errorf("printed\n%s, want\n%s", back, want)
	}
}

func TestSDDLPrintsTheCanonicalForm(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"o:ba":                             "O:BA",
		" D:(a;;GA;;;wd) ":                 "D:(A;;0x10000000;;;WD)",
		"D:":                               "D:",
		"D:NO_ACCESS_CONTROL":              "",
		"D:PARAI":                          "D:PARAI",
		"S:":                               "S:",
		"G:S-1-22-2-5O:S-1-22-1-5D:AI":     "O:S-1-22-1-5G:S-1-22-2-5D:AI",
		"D:(A;;CCDCLCSWRPWPSDRCWDWO;;;BA)": "D:(A;;0xf003f;;;BA)", // as Windows prints full control
		"D:(D;IOID;0x4;;;S-1-5-7)":         "D:(D;IOID;0x4;;;AN)",
		"D:(A;;36;;;S-1-1-0)(A;;010;;;AU)": "D:(A;;0x24;;;WD)(A;;0x8;;;AU)",
		"D:(A;;;;;BA)":                     "D:(A;;0x0;;;BA)",
		"O:S-1-0x0123456789AB-1":           "O:S-1-0x0123456789AB-1",
	} {
		d, err := ParseSDDL(in)
		if err != nil || d.String() != want {
			t.Errorf("%q prints %q, %v, want %q", in, d, err, want)
			continue
		}
		if err := d.Check(); err != nil {
			t.Errorf("%q: %v", in, err)
		}
		back, err := ParseDescriptor(d.Append(nil))
		if err != nil || !back.Equal(d) {
			t.Errorf("%q becomes %q in binary, %v", in, back, err)
		}
	}
}

func TestMalformedSDDLIsRefused(t *testing.T) {
	for in, why := range map[string]string{
		"BA": "should begin", "X:BA": "should begin", "O": "should begin", ":O": "should begin",
		"O:": "no SID", "O:XX": "no SID", "O:BA(": "no SID", "O:G:BA": "no SID",
		"O:BAO:BA": "twice", "D:(A;;GA;;;WD)D:": "twice", "O:DA": "account of a domain",
		"D:(A;;GA;;;WD": "no closing bracket", "D:(A;;GA;;WD)": "six parts", "D:(A;;GA;;;WD;)": "six parts",
		"D:(XA;;GA;;;WD;(x))": "six parts", "D:(OA;;GA;;;WD)": "no type", "D:(AU;;GA;;;WD)": "no type", "S:(A;;GA;;;WD)": "no type",
		"D:(A;XX;GA;;;WD)": "no flags", "D:(A;;QQ;;;WD)": "no rights", "D:(A;;0x100000000;;;WD)": "no number", "D:(A;;0b1;;;WD)": "no number",
		"D:(A;;1_0;;;WD)": "no number", "D:(A;;-1;;;WD)": "no rights", "D:(A;;GA;d2b2a5c0-f190-12ce-ae10-00dd0114290f;;WD)": "kind of object",
		"D:(A;;GA;;;)": "no SID", "D:(A;;GA;;;WD)x": "should begin", "D:(A;;GA;;;WD) (A;;GA;;;BA)": "should begin",
		"D:" + strings.Repeat("(A;;1;;;WD)", 5000): "more entries", strings.Repeat("x", MaxDescriptor+1): "at most 524288",
	} {
		d, err := ParseSDDL(in)
		wantRefused(t, in, err, why)
		if !d.Equal(Descriptor{}) {
			t.Errorf("%.80q gave %v", in, d)
		}
	}
}

// patched is the specification's example with bytes replaced.
func patched(t *testing.T, at int, b ...byte) []byte {
	raw := specBytes(t)
	copy(raw[at:], b)
	return raw
}

func TestMalformedDescriptorsAreRefused(t *testing.T) {
	huge := make([]byte, MaxDescriptor+1)
	copy(huge, specBytes(t))
	for name, c := range map[string]struct {
		raw []byte
		why string
	}{
		"empty":                  {nil, "cut off"},
		"header cut":             {specBytes(t)[:19], "cut off"},
		"too large":              {huge, "at most 524288"}, // R13
		"revision 2":             {patched(t, 0, 2), "revision"},
		"not self-relative":      {patched(t, 2, 0x14, 0x30), "self-relative"},
		"owner in the header":    {patched(t, 4, 8, 0, 0, 0), "offset of its owner"},
		"owner outside":          {patched(t, 4, 0xff, 0xff, 0xff, 0xff), "offset of its owner"},
		"owner at the end":       {patched(t, 4, 0xb0, 0, 0, 0), "offset of its owner"},
		"owner cut":              {patched(t, 4, 0xac, 0, 0, 0), "cut off"},
		"group is no SID":        {patched(t, 8, 0x30, 0, 0, 0), "revision"},
		"DACL outside":           {patched(t, 16, 0, 0, 1, 0), "offset of its DACL"},
		"DACL cut":               {patched(t, 16, 0xac, 0, 0, 0), "cut off"},
		"DACL revision 3":        {patched(t, 0x30, 3), "revision is 3"},
		"DACL size beyond":       {patched(t, 0x32, 0xff, 0xff), "65535 bytes"},
		"DACL size below header": {patched(t, 0x32, 4, 0), "4 bytes"},
		"AceCount FFFF":          {patched(t, 0x34, 0xff, 0xff), "65535 entries"},
		"one entry too many":     {patched(t, 0x34, 5, 0), "5 entries"},
		"second entry cut":       {patched(t, 0x3a, 0x4c, 0), "entry 2 is cut off"},
		"entry size 0":           {patched(t, 0x3a, 0, 0), "entry 1 says"},
		"entry size 7":           {patched(t, 0x3a, 7, 0), "entry 1 says"},
		"entry size not by 4":    {patched(t, 0x3a, 0x19, 0), "entry 1 says"},
		"entry beyond":           {patched(t, 0x3a, 0xfc, 0), "entry 1 says"},
		"entry SID too long":     {patched(t, 0x41, 3), "no whole SID"},
		"object entry":           {patched(t, 0x38, 5), "type 0x05"},
		"audit entry in a DACL":  {patched(t, 0x38, 2), "type 0x02"},
		"allow entry in a SACL":  {patched(t, 0x1c, 0), "type 0x00"},
	} {
		d, err := ParseDescriptor(c.raw)
		wantRefused(t, name, err, c.why)
		if !d.Equal(Descriptor{}) {
			t.Errorf("%s gave %v", name, d)
		}
	}
}

func TestDescriptorsMayOverlapAndHaveSlack(t *testing.T) {
	raw := patched(t, 8, 0x90, 0, 0, 0) // owner and group are the same bytes
	raw = append(raw, make([]byte, 100<<10)...)
	d, err := ParseDescriptor(raw)
	if err != nil || d.Group != Administrators || d.Owner != Administrators {
		t.Errorf("%v, %v", d, err)
	}
	raw = patched(t, 2, 0x00, 0x80) // neither list is present, whatever the offsets
	if d, err = ParseDescriptor(raw); err != nil || d.DACL != nil || d.SACL != nil || d.Control != 0 {
		t.Errorf("%v, %v", d, err)
	}
	raw = patched(t, 16, 0, 0, 0, 0) // a DACL present, but null
	if d, err = ParseDescriptor(raw); err != nil || d.DACL != nil {
		t.Errorf("%v, %v", d, err)
	}
}

// P34: a descriptor with both lists as long as they can be.
func TestTheLongestListsSurvive(t *testing.T) {
	var d Descriptor
	d.Owner = UnixUser(0)
	d.DACL, d.SACL = ACL{}, ACL{}
	for i := range uint32(3276) {
		d.DACL = append(d.DACL, ACE{Type: Allow, Mask: 4, SID: known(ntAuthority, 100, i)}) // 24 bytes each
		d.SACL = append(d.SACL, ACE{Type: Audit, Mask: 4, SID: known(ntAuthority, 100, i)})
	}
	for d.DACL.size() > maxACL {
		d.DACL, d.SACL = d.DACL[1:], d.SACL[1:]
	}
	if err := d.Check(); err != nil {
		t.Fatal(err)
	}
	raw := d.Append(nil)
	if back, err := ParseDescriptor(raw); err != nil || !back.Equal(d) || len(raw) < 130000 {
		t.Errorf("%d bytes came back different, %v", len(raw), err)
	}
	if back, err := ParseSDDL(d.String()); err != nil || !back.Equal(d) {
		t.Errorf("the text came back different, %v", err)
	}
	wantRefused(t, "one more", d.Grant(Everyone, 1).Check(), "bytes, at most")
	d.DACL = ACL{{Type: Allow}}
	wantRefused(t, "no SID", d.Check(), "no SID")
	d.DACL, d.SACL = nil, ACL{{Type: Allow, SID: Everyone}}
	wantRefused(t, "an allowing entry in a SACL", d.Check(), "wrong type")
}

// A hostile descriptor costs no more than twice its size.
func TestReadingDescriptorsAllocatesLittle(t *testing.T) {
	long := Descriptor{DACL: ACL{}}
	for long.DACL.size()+smallestACE <= maxACL {
		long.DACL = append(long.DACL, ACE{Type: Allow, SID: Everyone})
	}
	whole := long.Append(nil)
	broken := bytes.Clone(whole)
	broken[len(broken)-12] = 9 // the revision of the last SID
	early := bytes.Clone(whole)
	early[descriptorHeader+aclHeader] = 9 // the type of the first entry
	for name, raw := range map[string][]byte{"whole": whole, "broken at the end": broken, "broken early": early, "slack": make([]byte, MaxDescriptor)} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ParseDescriptor(raw)
		runtime.ReadMemStats(&after)
		if (err == nil) != (name == "whole") {
			t.Errorf("%s: %v", name, err)
		}
		if spent := after.TotalAlloc - before.TotalAlloc; spent > uint64(2*len(raw)+64<<10) {
			t.Errorf("%s: reading %d bytes allocated %d", name, len(raw), spent)
		}
	}
}

func TestGrantAndRevoke(t *testing.T) {
	owner := UnixUser(1000)
	strict := Strict(owner)
	d := strict.Grant(Anonymous, uint32(mq.RightWriteMessage)).Grant(Anonymous, uint32(mq.RightGetQueueProperties)).Grant(Everyone, 2)
	if want := "O:S-1-22-1-1000D:(A;;0xf003f;;;S-1-22-1-1000)(A;;0x24;;;AN)(A;;0x2;;;WD)"; d.String() != want {
		t.Errorf("%s, want %s", d, want)
	}
	if len(strict.DACL) != 1 || strict.DACL[0].Mask != uint32(mq.RightQueueGenericAll) {
		t.Error("granting changed the descriptor it began with")
	}
	if got := d.Revoke(Anonymous).Revoke(Everyone); !got.Equal(strict) || len(d.DACL) != 3 {
		t.Errorf("revoked: %s", got)
	}
	if open := (Descriptor{Owner: owner}); open.Grant(Anonymous, 4).DACL != nil || open.Revoke(Anonymous).DACL != nil {
		t.Error("granting closed what was open to everybody")
	}
}
