package queues

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen/screentest"
)

const (
	node   = "HUB-CPH01"
	orders = `HUB-CPH01\private$\orders.in`
	tariff = `HUB-CPH01\private$\tariff.rates`
)

// scene is a presenter of messages with a grid that only remembers what is in
// sight.
type scene struct {
	*screentest.Host
	t     *testing.T
	node  *fake.Node
	m     *Messages
	sight span
	moved int
}

func newScene(t *testing.T, n *fake.Node) *scene {
	t.Helper()
	s := &scene{Host: screentest.New(t, n), t: t, node: n}
	s.m = NewMessages(s.Host)
	s.m.Seen = func() (int, int) { return s.sight.from, s.sight.to }
	s.m.OnRows = func(moved int) {
		s.moved += moved
		s.sight.from = max(0, s.sight.from+moved)
		s.sight.to = max(s.sight.from, s.sight.to+moved)
		// A grid asks again for what it lacks after every change.
		s.m.Need(s.sight.from, min(s.sight.to, s.m.Len()))
	}
	return s
}

func (s *scene) show(queue string) {
	s.t.Helper()
	n, _ := s.Node("")
	q, ok := s.Feed().Queue(node, queue)
	if !ok {
		s.t.Fatalf("no queue %s", queue)
	}
	s.m.Show(s.Scope(), n, queue, q.Messages)
	s.look(0, 20)
}

// look scrolls to rows and waits until they are there.
func (s *scene) look(from, to int) {
	s.t.Helper()
	s.sight = span{from, to}
	s.m.Need(from, to)
	s.there()
}

func (s *scene) there() {
	s.t.Helper()
	s.Until(s.t, fmt.Sprintf("rows %+v", s.sight), func() bool {
		if s.m.Err() != nil || !s.m.Loaded() || s.m.busy {
			return s.m.Err() != nil
		}
		for i := s.sight.from; i < min(s.sight.to, s.m.Len()); i++ {
			if s.m.line(i) == nil {
				return false
			}
		}
		return true
	})
}

func (s *scene) label(i int) string {
	s.t.Helper()
	row, ok := s.m.Row(i)
	if !ok {
		s.t.Fatalf("row %d is not in memory", i)
	}
	return row.Cells[1].Text
}

func million(t testing.TB, rows int) *fake.Node {
	t.Helper()
	n := fake.Sample()
	if err := n.Fill("tariff.rates", fake.Readings(rows)); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTheFirstPageIsOneQuestion(t *testing.T) {
	s := newScene(t, fake.Sample())
	before := s.node.Calls("Messages")
	s.show(orders)
	if got := s.node.Calls("Messages") - before; got != 1 {
		t.Errorf("asked %d times", got)
	}
	if s.m.Len() != 2486 || s.label(0) != "Order 4711-2093" || s.m.Footer() != "Message 1 to 200 of 2,486" {
		t.Errorf("%d rows, first %q, %q", s.m.Len(), s.label(0), s.m.Footer())
	}
}

func TestScrollingShowsEveryMessageInOrder(t *testing.T) {
	s := newScene(t, million(t, 30_000))
	s.show(tariff)
	for i := 0; i < 30_000; i += 30 {
		s.look(i, min(i+40, 30_000))
		if want := fmt.Sprintf("Reading %07d", i+1); s.label(i) != want {
			t.Fatalf("row %d is %q", i, s.label(i))
		}
	}
	if len(s.m.run.rows) > runLimit+runTrim {
		t.Errorf("%d rows in memory", len(s.m.run.rows))
	}
	for i := 29_960; i >= 0; i -= 40 {
		s.look(i, i+40)
		if s.moved != 0 {
			t.Fatalf("at %d the rows moved by %d, though their places were known", i, s.moved)
		}
		if want := fmt.Sprintf("Reading %07d", i+1); s.label(i) != want {
			t.Fatalf("row %d is %q", i, s.label(i))
		}
	}
}

func TestAJumpIntoAMillionIsThreeSmallQuestions(t *testing.T) {
	s := newScene(t, million(t, 1_000_000))
	s.show(tariff)
	before := s.node.Calls("Messages")
	s.look(600_000, 600_030)
	if got := s.node.Calls("Messages") - before; got > 3 {
		t.Errorf("asked %d times", got)
	}
	if s.m.Len() != 1_000_000 || len(s.m.run.rows) > mgmtclient.MaxPage {
		t.Errorf("%d rows, %d in memory", s.m.Len(), len(s.m.run.rows))
	}
	if !strings.HasPrefix(s.m.Footer(), "About message ") {
		t.Errorf("footer %q", s.m.Footer())
	}
	s.look(999_970, 1_000_000)
	if s.label(999_999) != "Reading 1000000" || !s.m.run.tail {
		t.Errorf("the last row is %q", s.label(999_999))
	}
	s.look(0, 30)
	if s.label(0) != "Reading 0000001" || s.m.Footer()[:9] != "Message 1" {
		t.Errorf("the first row is %q, %q", s.label(0), s.m.Footer())
	}
}

// TestAWrongGuessIsPutRight: keys that lie unevenly make a jump land elsewhere;
// scrolling on from there must still reach both ends, with nothing left out.
func TestAWrongGuessIsPutRight(t *testing.T) {
	n := million(t, 4000)
	remover, _ := mgmtclient.Can[mgmtclient.Remover](n)
	s := newScene(t, n)
	var gone []mgmtclient.LookupID
	page, err := n.Messages(context.Background(), tariff, mgmtclient.Page{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range page.Messages {
		if i%10 > 0 {
			gone = append(gone, m.LookupID)
		}
	}
	if _, err := remover.Delete(context.Background(), tariff, gone); err != nil {
		t.Fatal(err)
	}
	s.Until(t, "the new count", func() bool { q, _ := s.Feed().Queue(node, tariff); return q.Messages == 3100 })
	s.show(tariff)
	s.look(2000, 2030)
	var labels []string
	for range 400 {
		labels = append([]string{s.label(s.sight.from)}, labels...)
		if s.sight.from == 0 && s.m.run.head {
			break
		}
		s.look(max(0, s.sight.from-1), max(0, s.sight.from-1)+30)
		if s.sight.from > 1500 {
			s.look(s.sight.from-20, s.sight.from+10)
			labels = nil
		}
	}
	for !s.m.run.head {
		s.look(max(0, s.sight.from-150), max(0, s.sight.from-150)+30)
	}
	if s.m.run.start != 0 {
		t.Fatalf("the front is row %d", s.m.run.start)
	}
	s.look(0, 30)
	if s.label(0) != "Reading 0000001" || s.label(1) != "Reading 0000011" {
		t.Errorf("the front is %q, %q", s.label(0), s.label(1))
	}
	for i := 0; !s.m.run.tail; i += 150 {
		s.look(i, i+160)
	}
	if s.m.Len() != 3100 || s.label(3099) != "Reading 0004000" {
		t.Errorf("%d rows, the last is %q", s.m.Len(), s.label(s.m.Len()-1))
	}
	for i := 1; i < 3100; i++ {
		if l := s.m.line(i); l != nil && s.m.line(i-1) != nil && l.m.LookupID <= s.m.line(i-1).m.LookupID {
			t.Fatalf("row %d is out of order", i)
		}
	}
}

func TestMixedPrioritiesAreJumpedInto(t *testing.T) {
	n := fake.Sample()
	for _, p := range []int{7, 5, 3, 0} {
		r := fake.Readings(3000)
		r.Priority = p
		if err := n.Fill("tariff.rates", r); err != nil {
			t.Fatal(err)
		}
	}
	s := newScene(t, n)
	s.show(tariff)
	for _, want := range []struct{ at, priority int }{{11_990, 0}, {7_500, 3}, {4_500, 5}, {10, 7}} {
		s.look(want.at, min(want.at+10, 12_000))
		if got := s.m.line(s.sight.from).m.LookupID >> sequenceBits; int(7-got) != want.priority {
			t.Errorf("row %d has priority %d, not %d", want.at, 7-got, want.priority)
		}
	}
}

func TestDraggingTheScrollBarAsksOnlyForTheLastPlace(t *testing.T) {
	s := newScene(t, million(t, 100_000))
	s.show(tariff)
	release := s.node.Hold("Messages")
	before := s.node.Calls("Messages")
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		at := 10_000 + r.IntN(80_000)
		s.m.Need(at, at+30)
	}
	release()
	s.look(50_000, 50_030)
	if got := s.node.Calls("Messages") - before; got > 12 {
		t.Errorf("asked %d times for 500 places", got)
	}
}

func TestWhatIsInSightStaysWhileTheQueueLives(t *testing.T) {
	n := million(t, 5000)
	receiver, _ := mgmtclient.Can[mgmtclient.Receiver](n)
	s := newScene(t, n)
	s.show(tariff)
	for i := 0; i <= 900; i += 100 {
		s.look(i, i+20)
	}
	in := s.label(s.sight.from)
	for range 30 {
		if _, err := receiver.Receive(context.Background(), tariff, mgmtclient.ReceiveOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	last, err := n.Messages(context.Background(), tariff, mgmtclient.Page{Last: true, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	s.Until(t, "the signal", func() bool {
		q, _ := s.Feed().Queue(node, tariff)
		return q.Messages == 4970 && !s.m.busy && !s.m.stale
	})
	s.there()
	if s.label(s.sight.from) != in {
		t.Errorf("at the top of the sight is %q, was %q", s.label(s.sight.from), in)
	}
	if len(last.Messages) != 1 {
		t.Fatal("no last message")
	}
	s.m.SetCount(4970)
	s.look(0, 20)
	if s.label(0) != "Reading 0000031" {
		t.Errorf("the front is %q", s.label(0))
	}
}

func TestAtTheFrontTheFrontIsShown(t *testing.T) {
	s := newScene(t, fake.Sample())
	s.show(orders)
	receiver, _ := mgmtclient.Can[mgmtclient.Receiver](s.node)
	if _, err := receiver.Receive(context.Background(), orders, mgmtclient.ReceiveOptions{}); err != nil {
		t.Fatal(err)
	}
	s.Until(t, "the next front", func() bool { return s.label(0) == "Order 4711-2094" })
	gone := s.m.Gone([]kit.RowID{kit.NumID(1), {Num: uint64(s.m.line(3).m.LookupID)}})
	if len(gone) != 1 || gone[0] != kit.NumID(1) {
		t.Errorf("gone: %v", gone)
	}
}

func TestFilterAsOneTypes(t *testing.T) {
	s := newScene(t, fake.Sample())
	s.show(orders)
	s.m.Filter("4711-23")
	s.Until(t, "everything in memory", func() bool { return s.m.run.head && s.m.run.tail })
	if s.m.Len() != 100 || s.label(0) != "Order 4711-2300" {
		t.Errorf("%d match, first %q", s.m.Len(), s.label(0))
	}
	if s.m.Footer() != "100 of 2,486 match" {
		t.Errorf("footer %q", s.m.Footer())
	}
	s.m.Filter("no such thing")
	if s.m.Len() != 0 {
		t.Errorf("%d match", s.m.Len())
	}
	s.m.Filter("")
	if s.m.Len() != 2486 {
		t.Errorf("%d rows", s.m.Len())
	}
}

func TestSortIsOfWhatIsInMemoryAndSaysSo(t *testing.T) {
	s := newScene(t, million(t, 30_000))
	s.show(tariff)
	s.m.Sort(kit.Sort{Key: colLabel, Desc: true})
	s.Until(t, "enough to sort", func() bool { return len(s.m.run.rows) >= runLimit && !s.m.busy })
	if s.m.Len() < runLimit || s.m.Len() > runLimit+mgmtclient.MaxPage {
		t.Errorf("%d rows", s.m.Len())
	}
	if want := fmt.Sprintf("Reading %07d", s.m.Len()); s.label(0) != want {
		t.Errorf("first is %q, want %q", s.label(0), want)
	}
	if want := " of 30,000"; !strings.Contains(s.m.Footer(), "sorted, of the first ") || !strings.HasSuffix(s.m.Footer(), want) {
		t.Errorf("footer %q", s.m.Footer())
	}
	s.m.Sort(kit.Sort{Key: colLookup})
	if s.m.Len() != 30_000 || s.m.SortShown().Key != colLookup {
		t.Errorf("%d rows by %v", s.m.Len(), s.m.SortShown())
	}
}

func TestEveryColumnSortsUpAndDown(t *testing.T) {
	s := newScene(t, fake.Sample())
	s.show(`HUB-CPH01\system$;deadxact`)
	for _, c := range messageColumns {
		s.m.Sort(kit.Sort{Key: c.Key})
		s.Until(t, "the rows", func() bool { return !s.m.busy })
		up := s.m.list
		if c.Key != colLookup && !slices.IsSortedFunc(up, func(a, b *line) int { return c.compare(&a.m, &b.m) }) {
			t.Errorf("%s up is not in order", c.Key)
		}
		s.m.Sort(kit.Sort{Key: c.Key, Desc: true})
		if !slices.IsSortedFunc(s.m.list, func(a, b *line) int { return c.compare(&b.m, &a.m) }) {
			t.Errorf("%s down is not in order", c.Key)
		}
	}
}

func TestSearchLooksIntoBodiesOfTheWholeQueue(t *testing.T) {
	s := newScene(t, fake.Sample())
	s.show(orders)
	s.m.Search("Bornholms Isenkram")
	s.Until(t, "the end of the search", func() bool { _, under := s.m.Searching(); return !under })
	if s.m.Len() == 0 || !strings.Contains(s.m.Footer(), " found at 14:32:07") {
		t.Errorf("%d found, %q", s.m.Len(), s.m.Footer())
	}
	s.m.Filter("")
	if text, _ := s.m.Searching(); text != "" || s.m.Len() != 2486 {
		t.Errorf("still searching %q, %d rows", text, s.m.Len())
	}
}

func TestASearchCanBeCancelled(t *testing.T) {
	s := newScene(t, fake.Sample())
	s.show(orders)
	release := s.node.Hold("Search")
	defer release()
	s.m.Search("x")
	if _, under := s.m.Searching(); !under {
		t.Fatal("no search is under way")
	}
	s.m.CancelSearch()
	if text, under := s.m.Searching(); under || text != "x" {
		t.Errorf("searching %q: %v", text, under)
	}
}

func TestARefusalIsShownAndTriedAgain(t *testing.T) {
	s := newScene(t, fake.Sample())
	s.node.Fail("Messages", mq.Errorf(mq.ErrAccessDenied, "read", "anna lacks Peek Message"))
	s.show(orders)
	if mq.CodeOf(s.m.Err()) != mq.ErrAccessDenied || s.m.Len() != 0 {
		t.Fatalf("%v, %d rows", s.m.Err(), s.m.Len())
	}
	s.node.Fail("Messages", nil)
	s.m.Refresh()
	s.look(0, 20)
	if s.m.Err() != nil || s.m.Len() != 2486 {
		t.Errorf("%v, %d rows", s.m.Err(), s.m.Len())
	}
}

func TestASlowAnswerIsSaid(t *testing.T) {
	s := newScene(t, fake.Sample())
	release := s.node.Hold("Messages")
	n, _ := s.Node("")
	s.m.Show(s.Scope(), n, orders, 2486)
	s.Until(t, "words that one waits", s.m.Waiting)
	release()
	s.Until(t, "the answer", func() bool { return s.m.Loaded() && !s.m.Waiting() })
}

func TestAnotherQueueEndsTheLoadsOfTheOneBefore(t *testing.T) {
	s := newScene(t, fake.Sample())
	release := s.node.Hold("Messages")
	n, _ := s.Node("")
	s.m.Show(s.Scope(), n, orders, 2486)
	s.m.Show(s.Scope(), n, `HUB-CPH01\private$\invoices.in`, 408)
	release()
	s.there()
	if s.m.Len() != 408 || !strings.HasPrefix(s.label(0), "Invoice") {
		t.Errorf("%d rows, first %q", s.m.Len(), s.label(0))
	}
	s.m.Clear()
	s.Run()
	if s.m.Len() != 0 {
		t.Errorf("%d rows of no queue", s.m.Len())
	}
}

func TestSignalsNameTheQueueOfAJournalOrSubqueue(t *testing.T) {
	for _, c := range []struct {
		shown, touched string
		want           bool
	}{
		{orders, orders, true},
		{orders + ";journal", orders, true},
		{orders + ";poison", strings.ToUpper(orders), true},
		{`H\system$;journal`, `H\system$;deadxact`, false},
		{`H\system$;journal`, `H\system$;journal`, true},
		{orders, tariff, false},
	} {
		if got := sameQueue(c.shown, c.touched); got != c.want {
			t.Errorf("%s, %s: %v", c.shown, c.touched, got)
		}
	}
}

func TestASelectionOfWhatIsLoadedSaysThatThereIsMore(t *testing.T) {
	s := newScene(t, fake.Sample())
	s.show(orders)
	n := len(s.m.run.rows)
	if got := s.m.Chosen(n); !strings.HasSuffix(got, " selected, only those loaded of 2,486") {
		t.Errorf("%d of them: %q", n, got)
	}
	if got := s.m.Chosen(2); got != "2 selected" {
		t.Errorf("two of them: %q", got)
	}
}
