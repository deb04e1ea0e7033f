package localqm_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// detour and direct are next hops for the third queue manager.
var (
	detour = localqm.Peer{ID: mq.GUID{0xDE}, Address: "10.0.0.8", Detour: true}
	direct = localqm.Peer{ID: mq.GUID{0xD1}, Address: "10.0.0.9"}
)

// junction is a routing server with a neighbour in its site and a stranger in another,
// both of which send messages for the third queue manager over it.
func junction(t *testing.T, q *qmtest.QM) (hints *carrier, roads *crossroads, neighbour, stranger *far) {
	t.Helper()
	neighbour, stranger = newFar(t, q, 1, "10.0.0.1"), newFar(t, q, 2, "10.0.0.2")
	roads = &crossroads{
		state: localqm.DirectoryState{Mode: localqm.Integrated, Routing: true}, near: neighbour.peer.ID,
	}
	q.Join(roads)
	return attach(q), roads, neighbour, stranger
}

// taken are the labels of parcels.
func taken(t *testing.T, parcels []*localqm.Parcel) (out []string) {
	t.Helper()
	for _, p := range parcels {
		out = append(out, parsed(t, p).Label)
	}
	return out
}

func TestADetourIsForWhatHasNotLeftOurSites(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		_, _, neighbour, stranger := junction(t, q)
		to := third.String()
		send := func(f *far, label string, hops uint8) {
			m := f.message("", label, through(hops))
			m.Priority = 0 // as transactional ones have
			f.send(m)
		}
		send(stranger, "strange 1", 0)
		sendEach(t, q, to, "own 1")
		send(neighbour, "near 1", 0)
		send(neighbour, "was away", 2) // it came back over another site
		own := qmtest.Message("own 2")
		own.Priority = 0
		q.Send(to, own)
		booked := neighbour.message("", "near 2", inStream(9, 1, 0))
		through(0)(booked)
		booked.Priority = 0
		neighbour.send(booked)
		booked = stranger.message("", "strange 2", inStream(9, 1, 0))
		through(0)(booked)
		booked.Priority = 0
		stranger.send(booked)
		sendEach(t, q, to, "own 3")

		o := outgoing(t, q, to)
		first, err := o.Take(ctx, detour, 3, 1<<20)
		ok(t, err)
		rest := takeFor(t, q, to, detour)
		parcels := append(first, rest...)
		same(t, "over the detour", taken(t, parcels), []string{"own 1", "near 1", "own 2", "near 2", "own 3"})
		same(t, "in the stream", places(t, []*localqm.Parcel{parcels[0], parcels[4]}), []string{"own 1 1<0", "own 3 2<1"})
		if !o.Barred() {
			t.Error("nothing is barred")
		}
		o.Delivered(parcels)
		ok(t, q.Settle())
		same(t, "again", taken(t, takeFor(t, q, to, detour)), nil)

		// The better way: everything, and what is sent again in its place.
		o.Resend()
		same(t, "the better way", taken(t, takeFor(t, q, to, direct)), []string{"strange 1", "own 1", "was away", "strange 2", "own 3"})
		if o.Barred() {
			t.Error("something is barred still")
		}
	})
}

func TestAThousandMessagesThatMayNotTakeTheDetourHoldNothingUp(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	hints, _, _, stranger := junction(t, q)
	to := third.String()
	const many = 1000
	for i := range many {
		stranger.send(stranger.message("", fmt.Sprint(i), through(0)))
	}
	sendEach(t, q, to, "a", "b")
	q.Send(to, qmtest.Message("c"))
	o := outgoing(t, q, to)
	told := hints.hints(to)
	calls := 0
	var got []string
	for {
		calls++
		p, err := o.Take(ctx, detour, 32, 1<<20)
		ok(t, err)
		if got = append(got, taken(t, p)...); len(p) == 0 {
			break
		}
	}
	same(t, "over the detour", got, []string{"c", "a", "b"}) // by priority
	if calls > 3 {
		t.Errorf("%d calls", calls)
	}
	if n := hints.hints(to); n != told {
		t.Errorf("the carrier was told %d times that there was more", n-told)
	}
	stranger.send(stranger.message("", "last", through(0)))
	sendEach(t, q, to, "d")
	same(t, "later", taken(t, takeFor(t, q, to, detour)), []string{"d"})
	if n := len(takeFor(t, q, to, direct)); n != many+1 {
		t.Errorf("%d messages take the better way", n)
	}
}

func TestWhatIsBarredEndsAsOthersDo(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	_, _, _, stranger := junction(t, q)
	to := third.String()
	late := stranger.message("", "late", through(0))
	late.TimeToReachQueue = 60
	stranger.send(late)
	stranger.send(stranger.message("", "purged", through(0)))
	same(t, "over the detour", taken(t, takeFor(t, q, to, detour)), nil)
	q.Clock.Advance(2 * time.Minute)
	qmtest.Eventually(t, "it expires", func() bool { return fmt.Sprint(passed(q)) == "[purged 1]" })
	_, err := q.Purge(context.Background(), qmtest.Owner, qmtest.Name(t, to))
	ok(t, err)
	same(t, "left", passed(q), nil)
	if outgoing(t, q, to).Barred() {
		t.Error("what is gone is barred")
	}
}

func TestWhatTheDirectoryLearnsOfASourceCounts(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	hints, roads, _, stranger := junction(t, q)
	to := third.String()
	stranger.send(stranger.message("", "a", through(0)))
	same(t, "over the detour", taken(t, takeFor(t, q, to, detour)), nil)
	roads.near = stranger.peer.ID
	told := hints.hints(to)
	q.DirectoryChanged()
	if hints.hints(to) == told {
		t.Error("the carrier is not told")
	}
	same(t, "over the detour", taken(t, takeFor(t, q, to, detour)), []string{"a"})
}
