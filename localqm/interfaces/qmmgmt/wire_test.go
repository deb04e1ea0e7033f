package qmmgmt_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/peer/peertest"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc/ndr"
)

func stub(t testing.TB, r peertest.Request) []byte {
	t.Helper()
	w := ndr.NewWriter(nil, ndr.Limits{Depth: 1000, Pointers: 1000, Size: 1 << 20}, nil) // also what no server reads
	if err := r.MarshalNDR(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	return w.Bytes()
}

// octets reads a dump: hexadecimal digits, "text" for a string of UTF-16 with its
// sizes, its NUL and what aligns the next thing to 4, *pointer for what marks one,
// and remarks behind a bar.
func octets(dump string) *regexp.Regexp {
	var out strings.Builder
	for line := range strings.Lines(dump) {
		for _, word := range strings.Fields(strings.SplitN(line, "|", 2)[0]) {
			switch {
			case word == "*pointer":
				out.WriteString("[0-9a-f]{8}")
			case word[0] == '"':
				s := strings.Trim(word, `"`)
				n := uint32(len(s) + 1)
				b := binary.LittleEndian.AppendUint32(nil, n)
				b = binary.LittleEndian.AppendUint32(b, 0)
				b = binary.LittleEndian.AppendUint32(b, n)
				for _, c := range s + "\x00" {
					b = binary.LittleEndian.AppendUint16(b, uint16(c))
				}
				for len(b)%4 != 0 {
					b = append(b, 0)
				}
				out.WriteString(hex.EncodeToString(b))
			default:
				out.WriteString(word)
			}
		}
	}
	return regexp.MustCompile("^" + out.String() + "$")
}

// What travels is fixed by the IDL of MS-MQMR 6 and MS-MQMQ 2.2.13 and the rules of
// C706 14; the lines are written from those.
func TestVariantsOnTheWire(t *testing.T) {
	m, c := start(t)
	m.Create(`.\private$\a`, localqm.QueueSpec{})
	m.Send(orders, qmtest.Message("one"))
	m.Attach(&carrier{})
	m.Open(far, localqm.SendAccess)
	size := fmt.Sprintf("%x", binary.LittleEndian.AppendUint32(nil, uint32(m.Browsed(orders)[0].Row.Size())))
	for what, w := range map[string]struct {
		in   peertest.Request
		want string
	}{
		"a number": {request(queue(t, orders), mq.PropMgmtQueueMessageCount), `
			01000000 00000000          | conformance of apVar; the structures are aligned to 8
			1300 00 00 00000000        | vt VT_UI4, reserved
			1300 0000                  | the union's switch; the arm is aligned to 4
			01000000                   | one message
			00000000                   | MQ_OK`},
		"no value": {request(machine(), mq.PropMgmtMSMQDSServer), `
			01000000 00000000
			0100 00 00 00000000        | vt VT_NULL
			0100 0000                  | no arm; the HRESULT is aligned to 4
			00000000`},
		"a large number": {request(machine(), mq.PropMgmtMSMQBytesInAllQueues), `
			01000000 00000000
			1400 00 00 00000000        | vt VT_I8
			1400 000000000000          | the arm is aligned to 8
			` + size + ` 00000000      | the bytes of the message
			00000000`},
		"a time": {request(queue(t, far), mq.PropMgmtQueueEODResendTime), `
			01000000 00000000
			0300 00 00 00000000        | vt VT_I4
			0300 0000 00000000         | none
			00000000`},
		"a string": {request(machine(), mq.PropMgmtMSMQConnected), `
			01000000 00000000
			1f00 00 00 00000000        | vt VT_LPWSTR
			1f00 0000 *pointer
			"CONNECTED"
			00000000`},
		"strings": {request(machine(), mq.PropMgmtMSMQPrivateQ), `
			01000000 00000000
			1f10 00 00 00000000        | vt VT_VECTOR|VT_LPWSTR
			1f10 0000 02000000 *pointer
			02000000 *pointer *pointer | conformance of pElems
			"TEST\private$\a"
			"TEST\private$\orders"
			00000000`},
		"a sequence": {request(queue(t, far), mq.PropMgmtQueueEODFirstNonAck), `
			01000000 00000000
			4100 00 00 00000000        | vt VT_BLOB
			4100 0000 10000000 *pointer
			10000000                   | conformance of pBlobData
			0000000000000000 00000000 00000000
			00000000`},
		"variants": {request(queue(t, orders), mq.PropMgmtQueueEODSourceInfo), `
			01000000 00000000
			0c10 00 00 00000000        | vt VT_VECTOR|VT_VARIANT
			0c10 0000 06000000 *pointer
			06000000                   | conformance of pElems, at a multiple of 8 then
			1f10 00 00 00000000 1f10 0000 00000000 *pointer 00000000
			4810 00 00 00000000 4810 0000 00000000 *pointer 00000000
			1510 00 00 00000000 1510 0000 00000000 *pointer 00000000
			1310 00 00 00000000 1310 0000 00000000 *pointer 00000000
			0310 00 00 00000000 0310 0000 00000000 *pointer 00000000
			1310 00 00 00000000 1310 0000 00000000 *pointer
			00000000 00000000 00000000 00000000 00000000 00000000 | six empty vectors
			00000000`},
		"an error": {request(queue(t, `.\private$\none`), 1), `
			01000000 00000000
			0100 00 00 00000000
			0100 0000                  | as it came
			03000ec0                   | MQ_ERROR_QUEUE_NOT_FOUND`},
	} {
		got, err := c.Stub(t.Context(), w.in.OpNum(), stub(t, w.in))
		if err != nil {
			t.Fatal(err)
		}
		if text := hex.EncodeToString(got); !octets(w.want).MatchString(text) {
			t.Errorf("%s:\n%s\nnot %s", what, text, octets(w.want))
		}
	}
}
