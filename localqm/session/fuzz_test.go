package session

import (
	"bytes"
	"testing"

	"posthouse/localqm/wire"
)

// FuzzConnection lets a peer that opens a session say anything: nothing panics, no
// more comes out than went in, and nothing is freed that was not sent.
func FuzzConnection(f *testing.F) {
	ask := wire.AppendEstablish(nil, wire.Establish{Client: here})
	parameters := wire.AppendParameters(nil, wire.Parameters{Window: 64})
	ack := wire.AppendSessionAck(nil, wire.Session{Acked: 2, RecoverableAcked: 1, RecoverableFlags: 1, Window: 1})
	user := message(f, 20, true)
	piggyback, err := wire.PutSession(bytes.Clone(user), wire.Session{Acked: 3, Sent: 1, RecoverableSent: 1, Window: 64})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(ask)
	f.Add(bytes.Join([][]byte{ask, parameters, ack, user, user}, nil))
	f.Add(bytes.Join([][]byte{ask, parameters, piggyback}, nil))
	f.Fuzz(func(t *testing.T, stream []byte) {
		m := newAcceptor(config(elsewhere), t0)
		s := &Session{cfg: m.cfg, m: m, conn: &replay{in: bytes.NewReader(stream)}}
		r := newReader(s)
		messages, sent, acked := 0, 0, 0
		for {
			p, err := r.packet(m.state == open)
			if err != nil {
				break
			}
			ev, err := m.packet(p, t0)
			if err != nil {
				break
			}
			if ev.asked {
				m.answer(false)
			}
			if ev.opened {
				for ; sent < 3; sent++ {
					m.send(sent, 100, sent > 0, t0)
					m.sent.wrote(sent > 0)
				}
			}
			if ev.message != nil {
				messages += len(ev.message)
				m.settle(ev.arrival, true, t0)
				m.appendAcks(nil, t0)
			}
			acked += len(ev.acked)
		}
		if messages > len(stream) || acked > sent || m.sent.acked > m.sent.written {
			t.Errorf("%d bytes of messages out of %d, %d of %d acknowledged", messages, len(stream), acked, sent)
		}
	})
}
