package mq

import (
	"strings"
	"testing"
)

func TestPropertyTablesAreWhole(t *testing.T) {
	for _, c := range []struct {
		ps     Properties
		prefix string
		count  int
	}{
		{QueueProperties, "PROPID_Q_", 27},
		{MachineProperties, "PROPID_QM_", 39},
		{MgmtMachineProperties, "PROPID_MGMT_MSMQ_", 6},
		{MgmtQueueProperties, "PROPID_MGMT_QUEUE_", 27},
		{MessageProperties, "PROPID_M_", 69},
	} {
		if len(c.ps) != c.count {
			t.Errorf("%s: %d properties, want %d", c.prefix, len(c.ps), c.count)
		}
		last := PropID(0)
		for _, p := range c.ps {
			if p.ID <= last || !strings.HasPrefix(p.Name, c.prefix) || p.Text == "" {
				t.Errorf("%v after %d, called %q", p, last, p.Text)
			}
			last = p.ID
			if strings.HasPrefix(p.Type.String(), "0x") || p.Minimum > p.Maximum {
				t.Errorf("%v has the type %v and the limits %d, %d", p, p.Type, p.Minimum, p.Maximum)
			}
			if p.Default != nil {
				want := map[VarType]any{
					VTUI1: uint8(0), VTUI2: uint16(0), VTUI4: uint32(0), VTI2: int16(0), VTLPWSTR: "", VTCLSID: GUID{},
				}[p.Type]
				if !sameType(p.Default, want) {
					t.Errorf("%v: the default %v (%T) is no %v", p, p.Default, p.Default, p.Type)
				}
			}
			if got, ok := c.ps.ByID(p.ID); !ok || got.Name != p.Name {
				t.Errorf("%v is not found by its ID", p)
			}
			if got, ok := c.ps.ByName(strings.ToLower(p.Name)); !ok || got.ID != p.ID {
				t.Errorf("%v is not found by its name", p)
			}
		}
	}
	if _, ok := QueueProperties.ByID(9); ok {
		t.Error("a property of messages is one of queues")
	}
	if _, ok := QueueProperties.ByName("PROPID_M_BODY"); ok {
		t.Error("a property of messages is one of queues")
	}
}

func sameType(a, b any) bool {
	switch a.(type) {
	case uint8:
		_, ok := b.(uint8)
		return ok
	case uint16:
		_, ok := b.(uint16)
		return ok
	case uint32:
		_, ok := b.(uint32)
		return ok
	case int16:
		_, ok := b.(int16)
		return ok
	case string:
		_, ok := b.(string)
		return ok
	case GUID:
		_, ok := b.(GUID)
		return ok
	}
	return false
}

func TestPropertiesHaveTheNumbersOfTheSpecification(t *testing.T) {
	for _, c := range []struct {
		ps   Properties
		name string
		id   PropID
		vt   string
		def  any
	}{
		{QueueProperties, "PROPID_Q_LABEL", 108, "VT_LPWSTR", ""},
		{QueueProperties, "PROPID_Q_QUOTA", 105, "VT_UI4", uint32(0xFFFFFFFF)},
		{QueueProperties, "PROPID_Q_PRIV_LEVEL", 112, "VT_UI4", uint32(1)},
		{QueueProperties, "PROPID_Q_SECURITY", 1101, "VT_BLOB", nil},
		{MachineProperties, "PROPID_QM_QUOTA", 214, "VT_UI4", nil},
		{MachineProperties, "PROPID_QM_SITE_IDS", 222, "VT_VECTOR|VT_CLSID", nil},
		{MgmtMachineProperties, "PROPID_MGMT_MSMQ_BYTES_IN_ALL_QUEUES", 6, "VT_I8", nil},
		{MgmtQueueProperties, "PROPID_MGMT_QUEUE_CONNECTION_HISTORY", 25, "VT_VECTOR|VT_VARIANT", nil},
		{MessageProperties, "PROPID_M_PRIORITY", 4, "VT_UI1", uint8(3)},
		{MessageProperties, "PROPID_M_TIME_TO_REACH_QUEUE", 13, "VT_UI4", uint32(345600)},
		{MessageProperties, "PROPID_M_BODY", 9, "VT_VECTOR|VT_UI1", nil},
		{MessageProperties, "PROPID_M_LOOKUPID", 60, "VT_UI8", nil},
	} {
		p, ok := c.ps.ByName(c.name)
		if !ok || p.ID != c.id || p.Type.String() != c.vt || p.Default != c.def {
			t.Errorf("%s is %v, %v, default %v", c.name, p, p.Type, p.Default)
		}
	}
}

func TestPropertyValuesAreChecked(t *testing.T) {
	prop := func(ps Properties, id PropID) Property {
		p, ok := ps.ByID(id)
		if !ok {
			t.Fatalf("no property %d", id)
		}
		return p
	}
	for _, c := range []struct {
		p  Property
		n  int64
		ok bool
	}{
		{prop(MessageProperties, PropMPriority), 0, true},
		{prop(MessageProperties, PropMPriority), 7, true},
		{prop(MessageProperties, PropMPriority), 8, false},
		{prop(MessageProperties, PropMPriority), -1, false},
		{prop(QueueProperties, PropQBasePriority), -32768, true},
		{prop(QueueProperties, PropQBasePriority), -32769, false},
		{prop(QueueProperties, PropQQuota), 0xFFFFFFFF, true},
		{prop(QueueProperties, PropQQuota), 0x100000000, false},
		{prop(QueueProperties, PropQQuota), -1, false},
		{prop(QueueProperties, PropQJournal), 2, false},
		{prop(QueueProperties, PropQCreateTime), -1, true},
		{prop(MessageProperties, PropMLookupID), 1 << 62, true},
		{Property{Type: VTI1}, -129, false},
		{Property{Type: VTUI2}, 65536, false},
		{Property{Type: VTUI1}, 256, false},
		{Property{Type: VTI8}, -1 << 63, true},
	} {
		err := c.p.CheckNumber(c.n)
		if (err == nil) != c.ok {
			t.Errorf("%v = %d: %v", c.p, c.n, err)
		}
		if err != nil {
			wantRefused(t, c.p.Name, err, ErrIllegalPropertyValue, "is outside")
		}
	}
	queue, message := prop(QueueProperties, PropQLabel), prop(MessageProperties, PropMLabel)
	for _, s := range []string{"", strings.Repeat("x", 124), strings.Repeat("😀", 62)} {
		if err := queue.CheckText(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	if err := message.CheckText(strings.Repeat("x", 249)); err != nil {
		t.Error(err)
	}
	if err := prop(QueueProperties, PropQFullPath).CheckText(strings.Repeat("x", 5000)); err != nil {
		t.Error(err)
	}
	wantRefused(t, "label of a queue", queue.CheckText(strings.Repeat("😀", 63)), ErrIllegalPropertyValue, "126 characters, at most 124")
	wantRefused(t, "label of a message", message.CheckText(strings.Repeat("x", 250)), ErrLabelTooLong, "250 characters, at most 249")
	wantRefused(t, "label with NUL", queue.CheckText("a\x00b"), ErrIllegalPropertyValue, "NUL")
}

func TestBodyTypesHaveNames(t *testing.T) {
	for bt, want := range map[uint32][2]string{
		0: {"VT_EMPTY", "not said"}, 8: {"VT_BSTR", "text, UTF-16 (COM)"}, 0x1011: {"VT_VECTOR|VT_UI1", "bytes"},
		0x2011: {"VT_ARRAY|VT_UI1", "bytes (COM array)"}, 0x300: {"0x0300", ".NET object (BinaryFormatter)"},
		0x101F: {"VT_VECTOR|VT_LPWSTR", "list: text, UTF-16"}, 999: {"0x03e7", ""}, 0x1300: {"0x1300", "list: .NET object (BinaryFormatter)"},
		0x12345678: {"0x12345678", ""}, 0x3011: {"0x3011", "list: bytes (COM array)"},
	} {
		if BodyTypeName(bt) != want[0] || BodyTypeText(bt) != want[1] {
			t.Errorf("%x is %q, %q, want %q", bt, BodyTypeName(bt), BodyTypeText(bt), want)
		}
		if got, err := ParseBodyType(BodyTypeName(bt)); err != nil || got != bt {
			t.Errorf("%q is %x, %v", BodyTypeName(bt), got, err)
		}
	}
	for _, v := range varTypes {
		if got, err := ParseBodyType(v.name); err != nil || got != uint32(v.vt) {
			t.Errorf("%s is %x, %v", v.name, got, err)
		}
	}
	for in, want := range map[string]uint32{"bstr": 8, " vt_lpwstr ": 31, "4113": 0x1011, "vector | ui1": 0x1011, "array|ui1": 0x2011} {
		if got, err := ParseBodyType(in); err != nil || got != want {
			t.Errorf("%q is %x, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "string", "-1", "0x100000000", "VT_UI1|"} {
		_, err := ParseBodyType(in)
		wantRefused(t, in, err, ErrIllegalPropertyValue, "neither")
	}
}

func TestAcknowledgementsPrintAndParse(t *testing.T) {
	for a := range Ack(16) {
		if got, err := ParseAck(a.String()); err != nil || got != a {
			t.Errorf("%v becomes %v, %v", a, got, err)
		}
		if (0xF0 | a).String() != a.String() {
			t.Errorf("bits without meaning show in %v", 0xF0|a)
		}
	}
	for in, want := range map[string]Ack{
		"none": 0, "Full-Receive": 0x0E, "full-reach-queue": 0x05, "nack-receive": 0x0C, "nack-reach-queue": 0x04, "pos-arrival,neg-receive": 0x09,
	} {
		if got, err := ParseAck(in); err != nil || got != want {
			t.Errorf("%q is %x, %v", in, uint8(got), err)
		}
	}
	_, err := ParseAck("reached,")
	wantRefused(t, "reached,", err, ErrIllegalPropertyValue, "no kind of")
}

func TestAcknowledgementsAreWantedByClass(t *testing.T) {
	for c := range classes {
		want := Ack(0)
		switch {
		case c == ClassAckReachQueue:
			want = AckPositiveArrival
		case c == ClassAckReceive:
			want = AckPositiveReceive
		case c >= 0xC000 && c != ClassNackTimeoutAtSender:
			want = AckNegativeReceive
		case c >= 0x8000:
			want = AckNegativeArrival
		}
		for a := range Ack(16) {
			if a.Wants(c) != (a&want != 0) {
				t.Errorf("%v wants %v: %v", a, c, a.Wants(c))
			}
		}
	}
}

func TestLevelsAlgorithmsAndStatesHaveNames(t *testing.T) {
	for got, want := range map[string]string{
		PrivacyNone.String(): "None", PrivacyBase.String(): "40-bit encryption", PrivacyEnhanced.String(): "128-bit encryption",
		PrivacyAES.String(): "AES", PrivacyLevel(2).String(): "0x00000002",
		QueuePrivacyOptional.String(): "Optional", QueuePrivacyBody.String(): "Body", QueuePrivacy(3).String(): "0x00000003",
		AlgorithmName(HashSHA512): "SHA-512", AlgorithmName(EncryptAES256): "AES-256", AlgorithmName(0): "none", AlgorithmName(7): "0x00000007",
		Express.String(): "express", Recoverable.String(): "recoverable", Delivery(9).String(): "Delivery(9)",
		ConnDNSFailure.String(): "The computer's name was not found", ConnectionStatus(9).String(): "0x00000009",
		StateOnHold.Text(): "Paused",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if QueuePrivacyNone.String() != "None" || QueueState("NEW").Text() != "" {
		t.Error("names")
	}
	for _, s := range []QueueState{
		StateLocal, StateInactive, StateWaiting, StateNeedValidation, StateOnHold, StateConnected,
		StateDisconnecting, StateDisconnected, StateLocked,
	} {
		if s.Text() == "" {
			t.Errorf("%q has no words", s)
		}
	}
	for c, words := range connectionWords {
		if c.Failed() != (c >= 0x80000000) || words == "" {
			t.Errorf("%x", uint32(c))
		}
	}
}

func TestEncryptionFitsThePrivacyLevel(t *testing.T) {
	for _, c := range []struct {
		p    PrivacyLevel
		id   uint32
		fits bool
	}{
		{PrivacyBase, EncryptRC2, true},
		{PrivacyEnhanced, EncryptRC4, true},
		{PrivacyEnhanced, EncryptAES128, false},
		{PrivacyAES, EncryptAES192, true},
		{PrivacyAES, EncryptRC4, false},
		{PrivacyNone, EncryptAES256, false},
	} {
		if EncryptionFits(c.p, c.id) != c.fits {
			t.Errorf("%v with %s: %v", c.p, AlgorithmName(c.id), !c.fits)
		}
	}
}
