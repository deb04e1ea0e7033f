package desk

import (
	"context"
	"fmt"
	"testing"
	"time"

	"posthouse/assets"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/desk/form"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
)

// The queues of the example forms.
const (
	landings = `DIRECT=OS:HUB-CPH01\private$\landings`
	arrivals = `DIRECT=OS:HUB-CPH01\private$\arrivals`
	claims   = `DIRECT=OS:CLAIMS-SRV\private$\damage.reports`
	pilots   = `DIRECT=OS:PILOT-SRV\private$\orders`
)

// sample is a desk at a harbour, whose clock a test may move.
type sample struct {
	t     testing.TB
	node  *fake.Node
	clock *fake.Clock
	forms form.Set
	count map[string]int
}

// local reads a time in November 2026: "17 18:40".
func local(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", "2026-11-"+s, fake.Zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// newSample is an empty desk at fake.Now.
func newSample(t testing.TB) *sample {
	t.Helper()
	s := &sample{t: t, clock: fake.NewClock(fake.Now), count: map[string]int{}}
	s.node = fake.New(fake.Options{Name: "DESK-HIRTSHALS", Now: s.clock.Now})
	for name, data := range assets.Forms() {
		f, problems := form.Read(name, data)
		if f == nil {
			t.Fatal(problems)
		}
		s.forms.Forms = append(s.forms.Forms, f)
	}
	quota := uint32(1 << 20)
	if _, err := s.node.SetMachine(t.Context(), mgmtclient.MachineSettings{Quota: &mgmtclient.Quota{KB: &quota}}); err != nil {
		t.Fatal(err)
	}
	return s
}

// at sets the clock.
func (s *sample) at(when string) { s.clock.Advance(local(s.t, when).Sub(s.clock.Now())) }

// now sets it back to the moment of the pictures.
func (s *sample) now() { s.clock.Advance(fake.Now.Sub(s.clock.Now())) }

// enter saves an entry as the desk does.
func (s *sample) enter(id, when string, typed ...string) {
	s.t.Helper()
	s.at(when)
	f, ok := s.forms.Find(id)
	if !ok {
		s.t.Fatalf("no form %s", id)
	}
	s.count[id]++
	env := form.Env{Now: s.clock.Now().In(fake.Zone), User: "Kari Lund", Computer: "DESK-HIRTSHALS", Number: 400 + s.count[id], Unique: fmt.Sprintf("7QK%03d", s.count[id])}
	fields := map[string]string{}
	for i := range f.Fields {
		fields[f.Fields[i].Name] = f.Fields[i].Start(env)
	}
	for i := 0; i < len(typed); i += 2 {
		fields[typed[i]] = typed[i+1]
	}
	values, faults := f.Check(fields, env)
	if len(faults) > 0 {
		s.t.Fatalf("%s: %v", id, faults)
	}
	e, err := f.Compose(values, env)
	if err != nil {
		s.t.Fatal(err)
	}
	ttrq := uint32(f.Within / time.Second)
	if _, err := s.node.Send(context.Background(), mgmtclient.SendRequest{
		Queue: f.To.Queue, Label: e.Label, Body: e.Body, BodyType: e.BodyType, Extension: e.Extension,
		Transactional: f.To.Transactional, TTRQ: &ttrq, DeadLetter: true, Journal: true,
	}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *sample) landing(when, vessel string) {
	s.t.Helper()
	s.enter("landing-declaration", when, "vessel", vessel, "skipper", "P. Thomsen", "landed", "now-10min", "cod", "1840", "saithe", "420", "boxes", "113",
		"buyer", "Nordhavn Auktion", "note", "2 boxes iced again")
}

func (s *sample) arrival(when, ship string) {
	s.t.Helper()
	s.enter("arrival-notice", when, "ship", ship, "eta", "tomorrow 06:30", "berth", "Q1", "draught", "6.2", "crew", "14")
}

func (s *sample) damage(when, object string) {
	s.t.Helper()
	s.enter("damage-report", when, "object", object, "severity", "Serious", "what", "Backed into the crane at quay 2.")
}

func (s *sample) pilot(when, ship string) {
	s.t.Helper()
	s.enter("pilot-order", when, "ship", ship, "boarding", "tomorrow 05:00")
}

func (s *sample) do(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// line sets how all outgoing queues stand.
func (s *sample) line(state mq.QueueState, since string) {
	s.t.Helper()
	for _, q := range []string{landings, arrivals, claims, pilots} {
		l := fake.Link{State: state, Since: local(s.t, since)}
		if state != mq.StateConnected {
			l.Every, l.NextTry, l.Failures = 5*time.Second, fake.Now.Add(4*time.Second), 408
		}
		if err := s.node.SetLink(q, l); err != nil && mq.CodeOf(err) != mq.ErrUnsupportedOperation {
			s.t.Fatal(err)
		}
	}
}

// harbour is the desk of the pictures.
func harbour(t testing.TB) *sample {
	t.Helper()
	s := newSample(t)
	vessels := []string{"HG 5 Skarreklit", "HG 41 Nordic", "HG 62 Nordlys", "HG 184 Havfisken", "HG 333 Vestkyst", "HG 710 Tove Kajgaard"}
	for i := range 187 {
		s.landing(fmt.Sprintf("%d %02d:%02d", 14+i/60, 7+i%60/6, i%6*9), vessels[i%len(vessels)])
	}
	s.at("18 07:30")
	s.do(s.node.Deliver(landings, 187))
	s.do(s.node.Read(landings, 187))
	s.damage("17 18:40", "Trailer KN 4471")
	s.landing("18 08:40", "HG 62 Nordlys")
	s.at("18 08:41")
	s.do(s.node.Refuse(landings, 1, mq.ClassNackAccessDenied))
	for i := range 12 {
		s.arrival(fmt.Sprintf("18 %02d:12", 8+i), []string{"M/S Havtorn", "M/S Skagerak Star", "M/S Hornsrev"}[i%3])
	}
	s.at("18 20:00")
	s.do(s.node.Deliver(arrivals, 12))
	s.damage("18 13:50", "Trailer NL 88-PDR-2")
	s.arrival("19 11:08", "M/S Havtorn")
	s.landing("19 11:15", "HG 333 Vestkyst")
	s.arrival("19 11:31", "M/S Skagerak Star")
	s.damage("19 11:40", "Dock crane 2")
	s.landing("19 11:52", "HG 184 Havfisken")
	s.pilot("19 12:03", "M/T Ternholm")
	s.arrival("19 12:20", "M/S Strandby")
	s.landing("19 12:47", "HG 5 Skarreklit")
	s.landing("19 12:51", "HG 710 Tove Kajgaard")
	s.arrival("19 13:02", "M/S Nordlyset")
	s.damage("19 13:26", "Container NHLU 2044")
	s.landing("19 13:44", "HG 333 Vestkyst")
	s.arrival("19 14:05", "M/S Hornsrev")
	for i := range 26 {
		s.landing(fmt.Sprintf("19 14:%02d", 6+i*15/26), vessels[i%len(vessels)])
	}
	s.landing("19 14:22", "HG 41 Nordic")
	s.line(mq.StateWaiting, "19 11:06")
	s.now()
	return s
}

// options are those of a desk in a test, with the example forms in its folder.
func options(t testing.TB) Options {
	t.Helper()
	dir := t.TempDir()
	if _, err := form.Copy(dir, assets.Forms()); err != nil {
		t.Fatal(err)
	}
	forms = dir
	return Options{State: t.TempDir(), Free: func(string) (int64, error) { return 40 << 30, nil }, Browse: func(string) {}}
}

// forms is the folder that options filled.
var forms string

// host is a window whose clock is the sample's.
type host struct {
	*screentest.Host
	clock *fake.Clock
}

func (h host) Now() time.Time { return h.clock.Now().In(fake.Zone) }

// open makes a presenter on a node, with everything read.
func open(t testing.TB, n mgmtclient.Node, clock *fake.Clock, o Options) (*screentest.Host, *Presenter) {
	t.Helper()
	h := screentest.New(t, n)
	screen.EntryForms.Set(h.Preferences(), forms)
	p := newPresenter(host{h, clock}, o)
	p.Enter(h.Scope().Sub(), screen.Route{Screen: screen.Desk})
	h.Until(t, "the entries", func() bool { return p.loaded && p.formed && !p.loading })
	return h, p
}

// reread reads feed and queues anew.
func reread(t testing.TB, h *screentest.Host, p *Presenter) {
	t.Helper()
	node, ok := p.node.Client.(interface{ Calls(string) int })
	if !ok {
		t.Fatal("no fake node")
	}
	answered := 0
	scope := h.Scope().Sub()
	defer scope.End()
	h.Feed().Watch(scope, func(string) { answered++ })
	before := node.Calls("Machine")
	h.Feed().Refresh(p.node.ID)
	h.Until(t, "new counters", func() bool { return answered > 0 && node.Calls("Machine") > before })
	p.Refresh()
	h.Until(t, "the entries", func() bool { return !p.loading && !p.again })
}
