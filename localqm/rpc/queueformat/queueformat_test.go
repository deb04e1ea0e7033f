package queueformat_test

import (
	"strings"
	"testing"

	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	"github.com/oiweiwei/go-msrpc/ndr"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/queueformat"
)

const id = "00112233-4455-6677-8899-aabbccddeeff"

func TestFormatNamesComeBackFromTheWire(t *testing.T) {
	for _, name := range []string{
		`DIRECT=OS:host\orders`, `DIRECT=OS:host\private$\orders`, `DIRECT=TCP:127.0.0.1\private$\orders`,
		`DIRECT=OS:host\private$\orders;JOURNAL`, `DIRECT=OS:host\private$\orders;poison`,
		`DIRECT=OS:host\SYSTEM$;DEADLETTER`, `DIRECT=OS:host\SYSTEM$;DEADXACT`, `DIRECT=OS:host\SYSTEM$;JOURNAL`,
		`DIRECT=HTTP://host/msmq/private$/orders`,
		"PUBLIC=" + id, "PUBLIC=" + id + ";JOURNAL",
		"PRIVATE=" + id + `\0000000d`, "PRIVATE=" + id + `\0000000d;JOURNAL`,
		"MACHINE=" + id + ";JOURNAL", "MACHINE=" + id + ";DEADLETTER", "MACHINE=" + id + ";DEADXACT",
		"CONNECTOR=" + id, "CONNECTOR=" + id + ";XACTONLY",
		"DL=" + id, "DL=" + id + "@example.com", "MULTICAST=224.0.0.9:8001",
	} {
		f, err := mq.ParseFormatName(name)
		if err != nil {
			t.Fatal(err)
		}
		q, err := queueformat.Make(f)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		wire, err := ndr.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		q = &mqmq.QueueFormat{}
		if err := ndr.Unmarshal(wire, q); err != nil {
			t.Fatal(err)
		}
		got, err := queueformat.Read(q)
		if err != nil || !got.Equal(f) {
			t.Errorf("%s came back as %s, %v", name, got, err)
		}
	}
}

func TestAListOfNamesHasNoQueueFormat(t *testing.T) {
	f, err := mq.ParseFormatName(`DIRECT=OS:a\b,DIRECT=OS:c\d`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := queueformat.Make(f); mq.CodeOf(err) != mq.ErrUnsupportedFormatNameOperation {
		t.Errorf("%v", err)
	}
}

func TestASuffixMayStandInTheTextToo(t *testing.T) {
	for _, text := range []string{`OS:host\orders`, `OS:host\orders;journal`} {
		q := direct(text, 0x81)
		f, err := queueformat.Read(q)
		if err != nil || f.Suffix != mq.SuffixJournal || f.Path != "orders" {
			t.Errorf("%s: %s, %v", text, f, err)
		}
	}
}

func direct(text string, suffix uint8) *mqmq.QueueFormat {
	return &mqmq.QueueFormat{
		QueueFormatType: queueformat.Direct, SuffixAndFlags: suffix,
		QueueFormat: &mqmq.QueueFormat_QueueFormat{Value: &mqmq.QueueFormat_DirectID{DirectID: text}},
	}
}

func TestWhatNamesNoQueueIsAnIllegalFormatName(t *testing.T) {
	value := func(kind, suffix uint8) *mqmq.QueueFormat {
		q := direct(`OS:host\orders`, suffix)
		q.QueueFormatType = kind
		return q
	}
	unset := func(kind, suffix uint8) *mqmq.QueueFormat {
		return &mqmq.QueueFormat{QueueFormatType: kind, SuffixAndFlags: suffix, QueueFormat: &mqmq.QueueFormat_QueueFormat{}}
	}
	for what, q := range map[string]*mqmq.QueueFormat{
		"none":                        nil,
		"no union":                    {QueueFormatType: queueformat.Direct},
		"type 0":                      unset(queueformat.Unknown, 0),
		"type 9":                      unset(9, 0),
		"empty":                       direct("", 0),
		"4,000 characters":            direct(`OS:host\`+strings.Repeat("a", 4000), 0),
		"40,000 characters":           direct(`OS:host\`+strings.Repeat("a", 40000), 0),
		"a list":                      direct(`OS:host\a,DIRECT=OS:host\b`, 0),
		"two suffixes":                direct(`OS:host\orders;journal`, 0x82),
		"journal without system flag": direct(`OS:host\orders`, 0x01),
		"system flag without suffix":  direct(`OS:host\orders`, 0x80),
		"unknown flag":                direct(`OS:host\orders`, 0x10),
		"unknown suffix":              direct(`OS:host\orders`, 0x8F),
		"subqueue suffix on direct":   direct(`OS:host\orders;sub`, 0x05),
		"machine without suffix":      value(queueformat.Machine, 0),
		"public dead letters":         value(queueformat.Public, 0x82),
		"list with journal":           value(queueformat.List, 0x81),
		"connector with journal":      value(queueformat.Connector, 0x81),
		"multicast address":           {QueueFormatType: queueformat.Multicast, QueueFormat: &mqmq.QueueFormat_QueueFormat{Value: &mqmq.QueueFormat_MulticastID{MulticastID: &mqmq.MulticastID{Address: 1}}}},
		"subqueue without one": {
			QueueFormatType: queueformat.Subqueue, SuffixAndFlags: 5,
			QueueFormat: &mqmq.QueueFormat_QueueFormat{Value: &mqmq.QueueFormat_DirectSubqueueID{DirectSubqueueID: `OS:host\orders`}},
		},
	} {
		if f, err := queueformat.Read(q); mq.CodeOf(err) != mq.ErrIllegalFormatName {
			t.Errorf("%s: %s, %v", what, f, err)
		}
	}
}

func TestAGUIDKeepsItsBytes(t *testing.T) {
	g, err := mq.ParseGUID(id)
	if err != nil {
		t.Fatal(err)
	}
	if got := queueformat.GUID(queueformat.FromGUID(g)); got != g {
		t.Errorf("%s became %s", g, got)
	}
	if got := queueformat.FromGUID(g).UUID().String(); !strings.EqualFold(got, id) {
		t.Errorf("%s is %s on the wire", id, got)
	}
	if !queueformat.GUID(nil).IsZero() {
		t.Error("none is not zero")
	}
}
