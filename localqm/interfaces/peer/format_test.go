package peer_test

import (
	"strings"
	"testing"

	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm/interfaces/peer"
	"posthouse/localqm/mq"
)

var id = mq.GUID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

func direct(kind, suffix uint8, s string) *mqmq.QueueFormat {
	q := &mqmq.QueueFormat{QueueFormatType: kind, SuffixAndFlags: suffix, QueueFormat: &mqmq.QueueFormat_QueueFormat{}}
	if kind == 8 {
		q.QueueFormat.Value = &mqmq.QueueFormat_DirectSubqueueID{DirectSubqueueID: s}
	} else {
		q.QueueFormat.Value = &mqmq.QueueFormat_DirectID{DirectID: s}
	}
	return q
}

func byID(kind, suffix uint8) *mqmq.QueueFormat {
	u := &mqmq.QueueFormat_QueueFormat{}
	g := peer.GUIDOf(id)
	switch kind {
	case 1:
		u.Value = &mqmq.QueueFormat_PublicID{PublicID: g}
	case 2:
		u.Value = &mqmq.QueueFormat_PrivateID{PrivateID: &mqmq.ObjectID{Lineage: g, Uniquifier: 18}}
	case 4:
		u.Value = &mqmq.QueueFormat_MachineID{MachineID: g}
	case 5:
		u.Value = &mqmq.QueueFormat_ConnectorID{ConnectorID: g}
	case 6:
		u.Value = &mqmq.QueueFormat_DLID{DLID: &mqmq.DLID{DLGUID: g, Domain: "example.org"}}
	case 7:
		u.Value = &mqmq.QueueFormat_MulticastID{MulticastID: &mqmq.MulticastID{Address: 0x090000E0, Port: 8001}}
	default:
		u.Value = &mqmq.QueueFormat_0{}
	}
	return &mqmq.QueueFormat{QueueFormatType: kind, SuffixAndFlags: suffix, QueueFormat: u}
}

func TestAQueueFormatNamesAQueue(t *testing.T) {
	guid := id.String()
	for want, q := range map[string]*mqmq.QueueFormat{
		"PUBLIC=" + guid:                              byID(1, 0),
		"PUBLIC=" + guid + ";JOURNAL":                 byID(1, 0x81),
		"PRIVATE=" + guid + `\00000012`:               byID(2, 0),
		"PRIVATE=" + guid + `\00000012;JOURNAL`:       byID(2, 0x81),
		"MACHINE=" + guid + ";JOURNAL":                byID(4, 0x81),
		"MACHINE=" + guid + ";DEADLETTER":             byID(4, 0x82),
		"MACHINE=" + guid + ";DEADXACT":               byID(4, 0x83),
		"CONNECTOR=" + guid:                           byID(5, 0),
		"CONNECTOR=" + guid + ";XACTONLY":             byID(5, 0x84),
		"DL=" + guid + "@example.org":                 byID(6, 0),
		"MULTICAST=224.0.0.9:8001":                    byID(7, 0),
		`DIRECT=OS:far\private$\orders`:               direct(3, 0, `OS:far\private$\orders`),
		`DIRECT=TCP:10.0.0.7\private$\orders;JOURNAL`: direct(3, 0x81, `TCP:10.0.0.7\private$\orders`),
		`DIRECT=OS:far\orders;JOURNAL`:                direct(3, 0x81, `OS:far\orders;journal`),
		`DIRECT=OS:near\orders;JOURNAL`:               direct(3, 0, `OS:near\orders;journal`),
		`DIRECT=OS:far\SYSTEM$;DEADXACT`:              direct(3, 0x83, `OS:far\system$;deadxact`),
		`DIRECT=OS:far\private$\orders;poison`:        direct(8, 5, `OS:far\private$\orders;poison`),
	} {
		f, err := peer.FormatName(q)
		if err != nil || !strings.EqualFold(f.String(), want) {
			t.Errorf("%s: %q, %v", want, f, err)
		}
	}
}

func TestAQueueFormatThatNamesNothing(t *testing.T) {
	for what, q := range map[string]*mqmq.QueueFormat{
		"unknown type":                    byID(0, 0),
		"a machine without suffix":        byID(4, 0),
		"a machine as a connector":        byID(4, 0x84),
		"a private queue's dead letters":  byID(2, 0x82),
		"a journal of a list":             byID(6, 0x81),
		"a suffix that is none":           byID(1, 0x0F),
		"a subqueue without name":         direct(8, 5, `OS:far\private$\orders`),
		"two suffixes":                    direct(3, 0x82, `OS:far\orders;journal`),
		"a subqueue's journal":            direct(8, 0x81, `OS:far\private$\orders;poison`),
		"dead letters of a queue":         direct(3, 0x82, `OS:far\private$\orders`),
		"no text":                         direct(3, 0, ""),
		"a name of 4,000 characters":      direct(3, 0, `OS:far\private$\`+strings.Repeat("a", 4000)),
		"a computer of 4,000 characters":  direct(3, 0, `OS:`+strings.Repeat("a", 4000)+`\private$\orders`),
		"no union":                        {QueueFormatType: 3},
		"a private queue without its id":  {QueueFormatType: 2, QueueFormat: &mqmq.QueueFormat_QueueFormat{Value: &mqmq.QueueFormat_PrivateID{}}},
		"a list without its id":           {QueueFormatType: 6, QueueFormat: &mqmq.QueueFormat_QueueFormat{Value: &mqmq.QueueFormat_DLID{}}},
		"a group without its address":     {QueueFormatType: 7, QueueFormat: &mqmq.QueueFormat_QueueFormat{Value: &mqmq.QueueFormat_MulticastID{}}},
		"an address that is no multicast": {QueueFormatType: 7, QueueFormat: &mqmq.QueueFormat_QueueFormat{Value: &mqmq.QueueFormat_MulticastID{MulticastID: &mqmq.MulticastID{Address: 1, Port: 99999}}}},
	} {
		if f, err := peer.FormatName(q); mq.CodeOf(err) != mq.ErrIllegalFormatName {
			t.Errorf("%s: %q, %v", what, f, err)
		}
	}
	if _, err := peer.QueueName(nil); mq.CodeOf(err) != mq.ErrInvalidParameter {
		t.Errorf("none: %v", err)
	}
}

func TestGUIDsKeepTheirBytes(t *testing.T) {
	if got := peer.GUID(peer.GUIDOf(id)); got != id {
		t.Errorf("%s became %s", id, got)
	}
	if !peer.GUID(nil).IsZero() {
		t.Error("none is not GUID_NULL")
	}
}
