package localqm_test

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/secure"
	"posthouse/localqm/wire"
)

// far is another queue manager, as the one under test sees it.
type far struct {
	t       testing.TB
	q       *qmtest.QM
	peer    localqm.Peer
	ordinal uint32
}

func newFar(t testing.TB, q *qmtest.QM, id byte, address string) *far {
	return &far{t: t, q: q, peer: localqm.Peer{ID: mq.GUID{0: id, 15: 0xFA}, Address: address}}
}

// message is one of its messages, as an application's defaults are, to a private
// queue named directly.
func (f *far) message(queue, label string, change func(*mq.Message)) *mq.Message {
	f.ordinal++
	m := &mq.Message{
		ID: mq.ObjectID{Source: f.peer.ID, Ordinal: f.ordinal}, SourceMachine: f.peer.ID,
		Label: label, Body: []byte("body of " + label), Delivery: mq.Recoverable,
		Destination: mq.DirectOS("TEST", mq.PrivatePrefix+queue), SentTime: f.q.Clock.Now(),
	}
	m.Defaults()
	if change != nil {
		change(m)
	}
	return m
}

// inStream makes a message the one of a stream with that number.
func inStream(sequence uint64, number, previous uint32) func(*mq.Message) {
	return func(m *mq.Message) {
		m.Transactional, m.First, m.Last = true, true, true
		m.Sequence, m.SequenceNumber, m.PreviousNumber = sequence, number, previous
	}
}

func (f *far) packet(m *mq.Message) []byte {
	f.t.Helper()
	b, err := wire.Append(nil, m, f.peer.ID)
	if err != nil {
		f.t.Fatalf("encode: %v", err)
	}
	return b
}

// begin lets a packet arrive without waiting for the outcome.
func (f *far) begin(packet []byte) <-chan localqm.Arrival {
	f.t.Helper()
	done := make(chan localqm.Arrival, 1)
	if err := f.q.Arrive(f.peer, packet, func(a localqm.Arrival) { done <- a }); err != nil {
		f.t.Fatalf("arrive: %v", err)
	}
	return done
}

// arrive lets a packet arrive and waits until that is decided.
func (f *far) arrive(packet []byte) error {
	f.t.Helper()
	return (<-f.begin(packet)).Err
}

// send lets a message arrive.
func (f *far) send(m *mq.Message) {
	f.t.Helper()
	if err := f.arrive(f.packet(m)); err != nil {
		f.t.Fatal(err)
	}
}

// all is what a message may ask of those who get it.
const all = mq.AckPositiveArrival | mq.AckPositiveReceive | mq.AckNegativeArrival | mq.AckNegativeReceive

// open lets everybody send to a queue.
func open(s localqm.QueueSpec) localqm.QueueSpec {
	s.AllowSend = append(s.AllowSend, secure.Anonymous, secure.Everyone)
	return s
}

const acks = `.\private$\acks`

// asking asks for everything there is, to be told at the machine that refuses.
func asking(m *mq.Message) {
	m.Acknowledge, m.AdminQueue = all, mq.DirectOS("TEST", mq.PrivatePrefix+"acks")
	m.DeadLetter = true
}

func TestAMessageArrivesAsItWasSent(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", open(localqm.QueueSpec{}))
		f := newFar(t, q, 1, "10.0.0.1")
		sid := secure.UnixUser(7).Append(nil)
		sent := f.message("orders", "first", func(m *mq.Message) {
			m.Priority, m.AppSpecific, m.Extension, m.Trace = 6, 99, []byte{1, 2}, true
			m.SenderSID, m.Signature, m.SenderCertificate = sid, []byte("signed"), []byte("certificate")
			m.Authenticated, m.AuthLevel, m.HashAlgorithm = true, 3, 0x8004
			m.CorrelationID = [20]byte{5}
		})
		f.send(sent)
		d := q.Browsed("orders")[0]
		got := d.Message
		if got.ID != sent.ID || got.Label != "first" || string(got.Body) != "body of first" || got.Priority != 6 ||
			got.AppSpecific != 99 || string(got.Extension) != "\x01\x02" || got.CorrelationID != sent.CorrelationID ||
			string(got.Signature) != "signed" || string(got.SenderSID) != string(sid) || !got.SentTime.Equal(sent.SentTime) {
			t.Fatalf("got %+v", got)
		}
		if got.Authenticated || got.AuthLevel != 0 {
			t.Error("a message may not say of itself that it was authenticated")
		}
		if d.Row.Arrived != q.Clock.Now().Unix() || d.Row.Class != mq.ClassNormal {
			t.Errorf("row %+v", d.Row)
		}
		q.Restart()
		labels(t, q, "orders", "first")
	})
}

// A refusal of every kind, in the order of MS-MQQB 3.1.5.8.
var refusals = []struct {
	name     string
	queue    localqm.QueueSpec
	change   func(m *mq.Message, q *qmtest.QM)
	class    mq.Class
	insecure bool // answered only if the machine is set so
	dead     bool // worth a dead letter here, if it is not transactional
	kind     bool // transactional and not transactional are what the row is about
}{
	{name: "no such queue", change: to("missing"), class: mq.ClassNackBadDestQueue, insecure: true, dead: true},
	{name: "a name that is not ours", change: func(m *mq.Message, _ *qmtest.QM) {
		m.Destination = mq.DirectOS("elsewhere", mq.PrivatePrefix+"orders")
	}, class: mq.ClassNackBadDestQueue, insecure: true},
	{name: "the address of another", change: func(m *mq.Message, _ *qmtest.QM) {
		m.Destination = mq.DirectTCP("10.9.9.9", mq.PrivatePrefix+"orders")
	}, class: mq.ClassNackBadDestQueue, insecure: true},
	{name: "over HTTP", change: func(m *mq.Message, _ *qmtest.QM) {
		m.Destination = mq.Direct("HTTP", "TEST", `msmq/private$\orders`)
	}, class: mq.ClassNackBadDestQueue, insecure: true},
	{name: "a number that is not there", change: func(m *mq.Message, q *qmtest.QM) {
		m.Destination, m.DestinationMachine = mq.Private(q.Identity().ID, 4711), q.Identity().ID
	}, class: mq.ClassNackBadDestQueue, insecure: true, dead: true},
	{name: "a public queue", change: func(m *mq.Message, _ *qmtest.QM) {
		m.Destination = mq.Public(mq.GUID{7})
	}, class: mq.ClassNackBadDestQueue, insecure: true},
	{name: "a subqueue that is not there", change: func(m *mq.Message, _ *qmtest.QM) {
		m.Destination.Subqueue = "poison"
	}, class: mq.ClassNackBadDestQueue, insecure: true, dead: true},
	{name: "another machine", change: func(m *mq.Message, _ *qmtest.QM) {
		m.Destination, m.DestinationMachine = mq.Private(mq.GUID{9}, 20), mq.GUID{9}
	}, class: mq.ClassNackBadDestQueue, insecure: true},
	{name: "too many hops", change: func(m *mq.Message, _ *qmtest.QM) { m.HopCount = 0x1E }, class: mq.ClassNackHopCountExceeded},
	{name: "too many hops to another machine", change: func(m *mq.Message, _ *qmtest.QM) {
		m.Destination, m.DestinationMachine, m.HopCount = mq.Private(mq.GUID{9}, 20), mq.GUID{9}, 0x1D
	}, class: mq.ClassNackHopCountExceeded},
	{name: "the journal", change: func(m *mq.Message, _ *qmtest.QM) {
		m.Destination.Suffix = mq.SuffixJournal
	}, class: mq.ClassNackAccessDenied, insecure: true},
	{name: "the dead-letter queue", change: func(m *mq.Message, _ *qmtest.QM) {
		m.Destination = mq.FormatName{Kind: mq.KindDirect, Protocol: "OS", Address: "TEST", Path: mq.SystemPath, Suffix: mq.SuffixDeadLetter}
	}, class: mq.ClassNackAccessDenied, insecure: true},
	{name: "the order queue", change: to("order_queue$"), class: mq.ClassNackAccessDenied, insecure: true},
	{name: "the notification queue", change: to("notify_queue$"), class: mq.ClassNackAccessDenied, insecure: true},
	{name: "the wrong kind of queue", class: 1, kind: true, dead: true},
	{name: "unsigned", queue: localqm.QueueSpec{Authenticate: &yes}, class: mq.ClassNackBadSignature, insecure: true, dead: true},
	{name: "signed, which nobody verified", queue: localqm.QueueSpec{Authenticate: &yes}, change: func(m *mq.Message, _ *qmtest.QM) {
		m.Signature, m.SenderCertificate, m.Authenticated = []byte{1}, []byte{2}, true
	}, class: mq.ClassNackBadSignature, insecure: true, dead: true},
	{name: "encrypted", change: func(m *mq.Message, _ *qmtest.QM) {
		m.SymmetricKey, m.Encrypted, m.PrivacyLevel = []byte{1}, true, mq.PrivacyAES
	}, class: mq.ClassNackBadEncryption, insecure: true},
	{name: "plain where only encrypted ones are welcome", queue: localqm.QueueSpec{Privacy: ptr(uint8(2))}, class: mq.ClassNackBadEncryption, insecure: true, dead: true},
	{name: "too late", change: func(m *mq.Message, q *qmtest.QM) {
		m.SentTime, m.TimeToReachQueue = q.Clock.Now().Add(-time.Minute), 59
	}, class: mq.ClassNackReachQueueTimeout, dead: true},
	{name: "a full queue", queue: localqm.QueueSpec{Quota: ptr(uint32(0))}, class: mq.ClassNackQueueExceedQuota, dead: true},
}

func to(queue string) func(*mq.Message, *qmtest.QM) {
	return func(m *mq.Message, _ *qmtest.QM) { m.Destination = mq.DirectOS("TEST", mq.PrivatePrefix+queue) }
}

func TestEveryRefusalHasItsClass(t *testing.T) {
	for _, r := range refusals {
		for _, insecure := range []bool{false, true} {
			for _, tx := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/insecure=%v/tx=%v", r.name, insecure, tx), func(t *testing.T) {
					q := qmtest.Start(t, qmtest.Memory)
					sound(t, q)
					ok(t, q.SetMachine(ctx, qmtest.Owner, func(s *localqm.Settings) error { s.InsecureNack = insecure; return nil }))
					q.Create("acks", open(localqm.QueueSpec{}))
					spec, class := open(r.queue), r.class
					spec.Transactional = ptr(tx != r.kind)
					if r.kind {
						class = map[bool]mq.Class{true: mq.ClassNackNotTransactionalQ, false: mq.ClassNackNotTransactionalMsg}[tx]
					}
					q.Create("orders", spec)
					f := newFar(t, q, 1, "10.0.0.1")
					m := f.message("orders", "refused", asking)
					if tx {
						inStream(1<<32, 1, 0)(m)
					}
					if r.change != nil {
						r.change(m, q)
					}
					p := f.packet(m)
					f.send(m)
					ok(t, f.arrive(p)) // again: nobody is told twice
					labels(t, q, "orders")
					if r.insecure && !insecure {
						classes(t, q, acks)
					} else {
						classes(t, q, acks, class)
						ack := q.Browsed(acks)[0].Message
						if m.Encrypted != (len(ack.Body) == 0) || ack.CorrelationID != correlated(m.ID) {
							t.Errorf("acknowledgement %+v", ack)
						}
					}
					if r.dead && !tx {
						classes(t, q, deadLetter, class)
					} else {
						classes(t, q, deadLetter)
					}
					classes(t, q, deadXact)
				})
			}
		}
	}
}

func correlated(id mq.ObjectID) (c [20]byte) {
	copy(c[:], id.Source[:])
	binary.LittleEndian.PutUint32(c[16:], id.Ordinal)
	return c
}

func TestWhoeverSentItTheRightToSendIsThatOfAnonymous(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		ok(t, q.SetMachine(ctx, qmtest.Owner, func(s *localqm.Settings) error { s.InsecureNack = true; return nil }))
		q.Create("acks", open(localqm.QueueSpec{}))
		q.Create("closed", localqm.QueueSpec{})
		q.Create("everyone", localqm.QueueSpec{AllowSend: []secure.SID{secure.Everyone}})
		f := newFar(t, q, 1, "10.0.0.1")
		owner := qmtest.Owner.Token.User.Append(nil)
		for _, queue := range []string{"closed", "everyone"} {
			f.send(f.message(queue, "unsigned", asking))
			f.send(f.message(queue, "says it is the owner", func(m *mq.Message) { asking(m); m.SenderSID = owner }))
			f.send(f.message(queue, "says its queue manager is one", func(m *mq.Message) { asking(m); m.SenderMachine = f.peer.ID }))
			labels(t, q, queue)
		}
		for _, d := range append(q.Browsed(acks), q.Browsed(deadLetter)...) {
			if d.Row.Class != mq.ClassNackAccessDenied {
				t.Errorf("class %s", d.Row.Class)
			}
		}
		if n, dead := len(q.Browsed(acks)), len(q.Browsed(deadLetter)); n != 6 || dead != 6 {
			t.Errorf("%d answers, %d dead letters", n, dead)
		}
	})
}

func TestThroughAnswersNobodyWritesWhereItMayNot(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", open(localqm.QueueSpec{}))
		q.Create("acks", localqm.QueueSpec{})
		f := newFar(t, q, 1, "10.0.0.1")
		closed, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, "acks"))
		ok(t, err)
		f.send(f.message("orders", "one", func(m *mq.Message) {
			asking(m)
			m.Trace, m.TraceQueue = true, closed.Queue.ID
		}))
		receive(t, q.Open("orders", localqm.ReceiveAccess))
		labels(t, q, acks)
	})
}

func TestNamesThatAreOurs(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", open(localqm.QueueSpec{}))
		info, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, "orders"))
		ok(t, err)
		self := q.Identity().ID
		f := newFar(t, q, 1, "10.0.0.1")
		alias := mq.DirectOS("alias.example", mq.PrivatePrefix+"orders")
		ours := []mq.FormatName{
			mq.DirectOS("test", `PRIVATE$\Orders`), mq.DirectTCP("127.0.0.1", mq.PrivatePrefix+"orders"),
			mq.DirectTCP("[::1]", mq.PrivatePrefix+"orders"), mq.DirectTCP("0:0:0::0:1", mq.PrivatePrefix+"orders"),
			mq.DirectTCP("::ffff:127.0.0.1", mq.PrivatePrefix+"orders"), mq.DirectOS(".", mq.PrivatePrefix+"orders"),
			mq.Private(self, info.Queue.Number), mq.Private(mq.GUID{}, info.Queue.Number),
		}
		for i, name := range ours {
			f.send(f.message("", fmt.Sprint(i), func(m *mq.Message) { m.Destination = name }))
			if n := len(q.Browsed("orders")); n != i+1 {
				t.Fatalf("%s was refused", name)
			}
		}
		toAlias := func(m *mq.Message) { m.Destination = alias }
		f.send(f.message("", "alias", toAlias))
		if n := len(q.Browsed("orders")); n != len(ours) {
			t.Fatal("a name that is not ours was taken")
		}
		ok(t, q.SetMachine(ctx, qmtest.Owner, func(s *localqm.Settings) error { s.Alias = true; return nil }))
		f.send(f.message("", "alias", toAlias))
		f.send(f.message("", "http", func(m *mq.Message) {
			m.Destination = mq.Direct("HTTP", "alias.example", `msmq/private$\orders`)
		}))
		if n := len(q.Browsed("orders")); n != len(ours)+1 {
			t.Fatalf("%d messages", n)
		}
	})
}

func TestAFullMachineTakesNothingAndTheSenderKeepsIt(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", open(localqm.QueueSpec{}))
		q.Create("stream", open(trans))
		quota := func(kb uint32) {
			ok(t, q.SetMachine(ctx, qmtest.Owner, func(s *localqm.Settings) error { s.Quota = kb; return nil }))
		}
		quota(0)
		f := newFar(t, q, 1, "10.0.0.1")
		one := f.packet(f.message("orders", "one", asking))
		two := f.packet(f.message("stream", "two", inStream(1<<32, 1, 0)))
		for range 2 {
			want(t, f.arrive(append([]byte(nil), one...)), mq.ErrInsufficientResources)
			want(t, f.arrive(append([]byte(nil), two...)), mq.ErrInsufficientResources)
		}
		labels(t, q, deadLetter)
		quota(mq.Never)
		ok(t, f.arrive(one))
		ok(t, f.arrive(two))
		labels(t, q, "orders", "one")
		labels(t, q, "stream", "two")
	})
}

func TestCreatingAQueueWarnsOfWhatWillNotArrive(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	for name, c := range map[string]struct {
		spec  localqm.QueueSpec
		warns int
	}{
		"open":      {open(localqm.QueueSpec{}), 0},
		"closed":    {localqm.QueueSpec{}, 1},
		"signed":    {open(localqm.QueueSpec{Authenticate: &yes}), 1},
		"encrypted": {open(localqm.QueueSpec{Privacy: ptr(uint8(2))}), 1},
		"all":       {localqm.QueueSpec{Authenticate: &yes, Privacy: ptr(uint8(2))}, 3},
	} {
		i, err := q.CreateQueue(ctx, qmtest.Owner, mq.QueueName{Path: mq.PrivatePath(name)}, c.spec)
		ok(t, err)
		if len(i.Warnings) != c.warns {
			t.Errorf("%s: %q", name, i.Warnings)
		}
	}
}

func TestAStoppedQueueManagerTakesNothing(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	q.Create("orders", open(localqm.QueueSpec{}))
	f := newFar(t, q, 1, "10.0.0.1")
	p := f.packet(f.message("orders", "late", nil))
	ok(t, q.Close())
	want(t, f.arrive(p), mq.ErrServiceNotAvailable)
	if err := q.Arrive(f.peer, p[:20], nil); err == nil {
		t.Error("half a packet was taken")
	}
	q.Restart()
	ok(t, f.arrive(p))
	labels(t, q, "orders", "late")
}

func TestAHardenedMachineTakesNothing(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	q.Create("orders", open(localqm.QueueSpec{}))
	ok(t, q.SetMachine(ctx, qmtest.Owner, func(s *localqm.Settings) error { s.Hardened = true; return nil }))
	f := newFar(t, q, 1, "10.0.0.1")
	want(t, f.arrive(f.packet(f.message("orders", "one", nil))), mq.ErrServiceNotAvailable)
	labels(t, q, "orders")
}
