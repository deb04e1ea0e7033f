package faults

import (
	"bytes"
	"math"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// Rows that are well formed: they are refused with a class, taken, or ignored.
const (
	taken   mq.Class = 0
	ignored mq.Class = 1
)

// wellFormed are packets by a message and a change of its bytes.
func (s *siege) wellFormed() []formed {
	foreign := func(hops uint8) func(*mq.Message) {
		return func(m *mq.Message) {
			m.Destination, m.DestinationMachine, m.HopCount = mq.Private(mq.GUID{9}, 1), mq.GUID{9}, hops
		}
	}
	internal := func(number uint32) func(*mq.Message) {
		return func(m *mq.Message) { m.Destination = mq.Private(m.DestinationMachine, number) }
	}
	system := func(suffix string) func(*mq.Message) {
		return func(m *mq.Message) {
			f, err := mq.ParseFormatName(`DIRECT=OS:HUB\SYSTEM$;` + suffix)
			ok(s.t, err)
			m.Destination, m.DestinationMachine = f, mq.GUID{}
		}
	}
	signed := func(hash uint32) func(*mq.Message) {
		return func(m *mq.Message) { m.Signature, m.HashAlgorithm = []byte{1}, hash }
	}
	return []formed{
		{"B18", "29 hops, to us", func(m *mq.Message) { m.HopCount = 0x1D }, same, taken, nil},
		{"B18", "28 hops, another machine", foreign(0x1C), same, mq.ClassNackBadDestQueue, nil},
		{"B18", "29 hops, another machine", foreign(0x1D), same, mq.ClassNackHopCountExceeded, nil},
		{"B18", "30 hops, another machine", foreign(0x1E), same, mq.ClassNackHopCountExceeded, nil},
		{"B18", "31 hops, another machine", foreign(0x1F), same, mq.ClassNackHopCountExceeded, nil},
		{"B07", "reserved bits of a message", nil, func(b []byte) []byte { b[1], b[2] = 0xFF, b[2]|0xC0; return b }, taken, nil},
		{"B32", "privacy level 2", encrypted(2), same, mq.ClassNackBadEncryption, nil},
		{"B32", "privacy level 4", encrypted(4), same, mq.ClassNackBadEncryption, nil},
		{"B32", "privacy level 9", encrypted(9), same, mq.ClassNackBadEncryption, nil},
		{"B33", "signed without a hash algorithm", signed(0), same, taken, unauthenticated},
		{"B33", "signed with MD2", signed(0x8001), same, taken, unauthenticated},
		{"B33", "signed with MD5", signed(0x8003), same, taken, unauthenticated},
		{"B34", "it says that it was authenticated", func(m *mq.Message) {
			m.Signature, m.Authenticated, m.AuthLevel = []byte{1}, true, 5
		}, same, taken, unauthenticated},
		{"B36", "certificate of 64 KB", func(m *mq.Message) { m.SenderCertificate = make([]byte, 0xFFFC) }, same, taken, unauthenticated},
		{"B36", "certificate nested 10,000 times", func(m *mq.Message) {
			m.SenderCertificate = bytes.Repeat([]byte{0x30, 0x80}, 10_000)
		}, same, taken, unauthenticated},
		{"B37", "key that is none", func(m *mq.Message) {
			m.Encrypted, m.SymmetricKey, m.PrivacyLevel = true, bytes.Repeat([]byte{7}, 256), mq.PrivacyAES
		}, same, mq.ClassNackBadEncryption, nil},
		{"B41", "sent in 2106", nil, func(b []byte) []byte { return u32(atSent, math.MaxUint32)(u32(atTTBR, 0xFFFFFFFE)(b)) }, taken, nil},
		{"B41", "sent in 2106, to be there at once", func(m *mq.Message) { m.TimeToReachQueue = 0 }, u32(atSent, math.MaxUint32), taken, nil},
		{"B42", "a label that steers a terminal", func(m *mq.Message) { m.Label = ugly }, same, taken, func(m *mq.Message) bool { return m.Label == ugly }},
		{"B42", "a queue that steers a terminal", func(m *mq.Message) {
			m.Destination, m.DestinationMachine = mq.DirectOS("HUB", "private$\\a\r\n\x1b[31m\u202e"), mq.GUID{}
		}, same, mq.ClassNackBadDestQueue, nil},
		{"B44", "an acknowledgement that is to be acknowledged", func(m *mq.Message) {
			m.Class, m.Acknowledge = mq.ClassAckReachQueue, mq.AckPositiveArrival|mq.AckPositiveReceive
		}, same, taken, nil},
		{"B19", "priority within a transaction", s.inStream(6, 1, 0), u8(2, 7), taken, func(m *mq.Message) bool { return m.Priority == 0 }},
		{"A07", "number 0", s.inStream(7, 0, 0), same, ignored, nil},
		{"A07", "it follows itself", s.inStream(7, 3, 3), same, ignored, nil},
		{"A07", "it follows what did not come", s.inStream(7, 3, 2), same, ignored, nil},
		{"A07", "the last identifier there is", s.inStream(math.MaxUint64, 1, 0), same, ignored, nil},
		{"A08", "order queue", internal(4), same, mq.ClassNackAccessDenied, nil},
		{"A08", "notification queue", internal(3), same, mq.ClassNackAccessDenied, nil},
		{"A08", "dead-letter queue", system("DEADLETTER"), same, mq.ClassNackAccessDenied, nil},
		{"A08", "transactional dead-letter queue", system("DEADXACT"), same, mq.ClassNackAccessDenied, nil},
		{"A08", "journal", system("JOURNAL"), same, mq.ClassNackAccessDenied, nil},
	}
}

type formed struct {
	id, what string
	base     func(*mq.Message)
	change   change
	class    mq.Class
	check    func(*mq.Message) bool
}

const ugly = "a\r\n\x1b[31m\u202e"

func encrypted(level mq.PrivacyLevel) func(*mq.Message) {
	return func(m *mq.Message) { m.Encrypted, m.SymmetricKey, m.PrivacyLevel = true, []byte{1}, level }
}

func unauthenticated(m *mq.Message) bool { return !m.Authenticated && m.AuthLevel == 0 }

func TestHostileMessagesThatAreWellFormed(t *testing.T) {
	s := newSiege(t)
	for _, r := range s.wellFormed() {
		t.Run(r.id+" "+r.what, func(t *testing.T) {
			// Each of a queue manager of its own: a stream of one is not in the way
			// of the next.
			s.t, s.self = t, mq.NewGUID()
			p := r.change(s.message(func(m *mq.Message) {
				m.Acknowledge, m.AdminQueue = mq.AckNegativeArrival, mq.DirectOS("HUB", `private$\acks`)
				if r.base != nil {
					r.base(m)
				}
			}))
			a := s.attack()
			a.write(p)
			// What follows on the session has come when it has.
			a.write(s.message(func(m *mq.Message) { m.Label = "follows" }))
			qmtest.Eventually(t, "the message that follows", func() bool {
				labels := s.hub.Labels("q")
				return len(labels) > 0 && labels[len(labels)-1] == "follows"
			})
			var here []*mq.Message
			for _, q := range []string{"q", "x"} {
				for _, d := range s.hub.Browsed(q) {
					if d.Message.Label != "follows" {
						here = append(here, d.Message)
					}
				}
				_, err := s.hub.Purge(ctx, qmtest.Owner, name(q))
				ok(t, err)
			}
			switch {
			case r.class == taken && (len(here) != 1 || r.check != nil && !r.check(here[0])):
				t.Errorf("taken is %+v", here)
			case r.class != taken && len(here) > 0:
				t.Errorf("%d messages are taken", len(here))
			}
			if acks := s.hub.Browsed("acks"); r.class > ignored {
				if len(acks) != 1 || acks[0].Message.Class != r.class {
					t.Errorf("%d answers; want class %04X: %+v", len(acks), uint16(r.class), acks)
				}
				_, err := s.hub.Purge(ctx, qmtest.Owner, name("acks"))
				ok(t, err)
			}
			s.unhurt()
			a.leave()
		})
	}
	s.t = t
	s.empty()
	if n := s.log.sessions(t, hostileAddress); n != 0 {
		t.Errorf("%d sessions were ended", n)
	}
}
