package member

import (
	"encoding/binary"
	"slices"
	"sync"
	"testing"

	"posthouse/directory"
	"posthouse/directory/notice"
	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

const controller = "dc01.nordhavn.example"

// hear gives a member a notice as if it had arrived.
func (n *node) hear(e notice.Event, object mq.GUID, at string) {
	n.w.t.Helper()
	body, err := notice.Notice{Event: e, Object: object, Controller: at}.Body()
	if err != nil {
		n.w.t.Fatal(err)
	}
	n.Member.heard(&mq.Message{Body: body, SourceMachine: mq.GUID{1}})
}

// followed lets the batching delay pass.
func (n *node) followed() {
	n.w.t.Helper()
	n.Clock.Advance(n.Member.timers.Notices)
	n.settled()
}

func TestNoticeIsFollowedAfterItsDelayAndByTheDirectory(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	changed, deleted := n.public(`.\changed`, localqm.QueueSpec{}), n.public(`.\deleted`, localqm.QueueSpec{})
	q := read[*directory.Queue](w, directory.ByID(changed))
	q.Label = "new"
	w.write(q, directory.AttrLabel)
	w.remove(read[*directory.Queue](w, directory.ByID(deleted)))
	created := create(w, &directory.Queue{Machine: n.Identity().ID, Computer: "SHOP01", Queue: "created", Label: "created"}).ID

	n.hear(notice.QueueChanged, changed, controller)
	n.hear(notice.QueueDeleted, deleted, controller)
	n.hear(notice.QueueCreated, created, controller)
	n.settled()
	if a, b, c := n.label(changed), n.label(deleted), n.label(created); a != "" || b != "" || c != "-" {
		t.Errorf("before the delay: %q %q %q", a, b, c)
	}
	n.followed()
	if a, b, c := n.label(changed), n.label(deleted), n.label(created); a != "new" || b != "-" || c != "created" {
		t.Errorf("after the delay: %q %q %q", a, b, c)
	}
	if c := n.Member.Counts(); c.Taken != 3 || c.Malformed != 0 {
		t.Errorf("%+v", c)
	}
}

func TestForgedNoticesDoNotHaveTheMapReadAllTheTime(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	self := n.Identity().ID
	n.hear(notice.MachineChanged, self, controller)
	n.followed() // the first is as good as any
	before := n.line.searched.Load()
	const notices = 60
	for range notices {
		n.hear(notice.MachineChanged, self, controller)
		n.followed()
	}
	// Three searches are for the map.
	if maps := (n.line.searched.Load() - before) / 3; maps < 2 || maps > 6 {
		t.Errorf("the map was read %d times in %v", maps, notices*n.Member.timers.Notices)
	}
	hub := w.server("HUB01", true, "Aarhus")
	w.link("Aarhus", "Odense", 3, hub.ID)
	far := w.server("FAR01", true, "Odense")
	n.hear(notice.MachineChanged, self, controller)
	n.followed()
	n.Clock.Advance(n.Member.timers.Again)
	n.settled()
	n.Member.mu.Lock()
	_, err := n.Member.routes.table.Next(far.ID)
	n.Member.mu.Unlock()
	if err != nil {
		t.Errorf("what was drawn is not followed: %v", err)
	}
	if c := n.Member.Counts(); c.Taken != notices+2 {
		t.Errorf("%+v", c)
	}
}

func TestForgedAndForeignNoticesChangeNothing(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	mine := n.public(`.\orders`, localqm.QueueSpec{Label: ptr("mine")})
	before, err := n.CreateQueue(t.Context(), qmtest.Owner, qmtest.Name(t, `.\private$\local`), localqm.QueueSpec{})
	if err != nil {
		t.Fatal(err)
	}
	hub := w.server("HUB01", true, "Aarhus")
	other := create(w, &directory.Queue{Machine: hub.ID, Computer: "HUB01", Queue: "orders", Label: "other"})

	n.hear(notice.QueueDeleted, mine, controller)                  // it is still in the directory
	n.hear(notice.QueueCreated, other.ID, controller)              // another computer's
	n.hear(notice.QueueDeleted, before.Queue.ID, controller)       // a private queue
	n.hear(notice.QueueDeleted, n.Identity().ID, controller)       // a queue manager
	n.hear(notice.MachineChanged, hub.ID, controller)              // another one
	n.hear(notice.QueueChanged, mq.NewGUID(), "evil.example")      // nothing at all
	n.hear(notice.MachineChanged, mq.NewGUID(), "evil.example")    // nothing at all
	n.hear(notice.QueueCreated, w.sites["Aarhus"], "evil.example") // something else
	n.followed()
	n.Clock.Advance(n.Member.timers.Again)
	n.settled()
	if n.label(mine) != "mine" || n.label(other.ID) != "-" {
		t.Errorf("the queues are %q and %q", n.label(mine), n.label(other.ID))
	}
	if _, err := n.Queue(t.Context(), qmtest.Owner, qmtest.Name(t, `.\private$\local`)); err != nil {
		t.Error(err)
	}
	n.is(localqm.Integrated)
}

func TestQueueThatOnlyAChangeNoticeMissesIsNotDeleted(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	id := n.public(`.\orders`, localqm.QueueSpec{})
	w.remove(read[*directory.Queue](w, directory.ByID(id)))
	n.hear(notice.QueueChanged, id, controller)
	n.followed()
	if n.label(id) == "-" {
		t.Error("nobody said that it was deleted")
	}
	n.hear(notice.QueueDeleted, id, controller)
	n.hear(notice.QueueChanged, id, controller) // it does not undo the first
	n.followed()
	if n.label(id) != "-" {
		t.Error("it is still here")
	}
}

func TestMalformedNoticesAndThoseOfVersion1AreCountedAndIgnored(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	id := n.public(`.\orders`, localqm.QueueSpec{Label: ptr("before")})
	w.remove(read[*directory.Queue](w, directory.ByID(id)))
	old, err := notice.AppendUpdates(nil, []notice.Update{{
		Command: notice.Delete, ID: id, Properties: []notice.Property{{ID: notice.PropDScope, Value: uint8(1)}, {ID: notice.PropDObjType, Value: uint8(1)}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	asked := n.line.asked.Load()
	for i := range 200 {
		n.Member.heard(&mq.Message{Body: old, SourceMachine: mq.GUID{byte(i)}, SenderMachine: mq.GUID{1}, Authenticated: true})
	}
	for _, b := range [][]byte{nil, {2}, {2, 1}, {9, 9, 9}, old[:20]} {
		n.Member.heard(&mq.Message{Body: b})
	}
	n.followed()
	if c := n.Member.Counts(); c.Version1 != 200 || c.Malformed != 5 || c.Taken != 0 {
		t.Errorf("%+v", c)
	}
	if n.label(id) != "before" || n.line.asked.Load() != asked {
		t.Errorf("%q, %d questions", n.label(id), n.line.asked.Load()-asked)
	}
	if k := len(n.Member.pending.senders); k > maxSenders {
		t.Errorf("%d senders are remembered", k)
	}
}

func TestFloodOfNoticesCostsLittle(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	id := n.public(`.\orders`, localqm.QueueSpec{})
	q := read[*directory.Queue](w, directory.ByID(id))
	q.Label = "new"
	w.write(q, directory.AttrLabel)

	asked := n.line.asked.Load()
	for range 10_000 {
		n.hear(notice.QueueChanged, id, controller)
	}
	n.followed()
	if n.label(id) != "new" {
		t.Errorf("%q", n.label(id))
	}
	if k := n.line.asked.Load() - asked; k > 3 {
		t.Errorf("one object cost %d questions", k)
	}

	q.Label = "newer"
	w.write(q, directory.AttrLabel)
	asked = n.line.asked.Load()
	for i := range 10_000 {
		g := mq.GUID{0xFF}
		binary.LittleEndian.PutUint32(g[4:], uint32(i))
		n.hear(notice.QueueDeleted, g, controller)
	}
	n.hear(notice.QueueChanged, id, controller) // there is no room for it any more
	if k := len(n.Member.pending.objects); k > maxPending {
		t.Errorf("%d objects wait", k)
	}
	n.followed()
	if n.label(id) != "newer" {
		t.Errorf("the flood hid a change: %q", n.label(id))
	}
	if k := n.line.asked.Load() - asked; k > 3 {
		t.Errorf("10,000 objects cost %d questions", k)
	}
	if c := n.Member.Counts(); c.Overflow == 0 {
		t.Errorf("%+v", c)
	}
}

func TestChangeAtAnotherControllerIsLookedAtAgain(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	id := n.public(`.\orders`, localqm.QueueSpec{Label: ptr("old")})
	n.hear(notice.QueueChanged, id, "dc02.nordhavn.example")
	n.followed()
	q := read[*directory.Queue](w, directory.ByID(id)) // now it has come here
	q.Label = "new"
	w.write(q, directory.AttrLabel)
	n.followed()
	if n.label(id) != "old" {
		t.Fatalf("%q", n.label(id))
	}
	n.Clock.Advance(n.Member.timers.Again)
	n.settled()
	if n.label(id) != "new" {
		t.Errorf("%q", n.label(id))
	}
	asked := n.line.asked.Load()
	n.Clock.Advance(n.Member.timers.Again)
	n.settled()
	if n.line.asked.Load() != asked {
		t.Error("it is looked at for ever")
	}
}

func TestNoticesWaitForALostDirectory(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	id := n.public(`.\orders`, localqm.QueueSpec{})
	w.remove(read[*directory.Queue](w, directory.ByID(id)))
	w.dc.Stop()
	n.hear(notice.QueueDeleted, id, controller)
	n.followed()
	n.is(localqm.Offline)
	if n.label(id) == "-" {
		t.Fatal("it was deleted without the directory")
	}
	w.dc.Start()
	n.Clock.Advance(n.Member.timers.Online)
	n.becomes(localqm.Integrated)
	n.settled()
	if n.label(id) != "-" {
		t.Error("it is still here")
	}
}

func TestNoticeOfOurMachineReadsItAndTheMap(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	o := read[*directory.Machine](w, directory.ByID(n.Identity().ID))
	o.Quota, o.Sites = 4321, []mq.GUID{w.sites["Odense"]}
	w.write(o, directory.AttrQuota, directory.AttrSites)
	n.hear(notice.MachineChanged, o.ID, controller)
	n.followed()
	if s := n.Member.State(); n.Settings().Quota != 4321 || !slices.Equal(s.Sites, []string{"Odense"}) {
		t.Errorf("%d KB, %+v", n.Settings().Quota, s)
	}
}

// Questions, changes, notices and a directory that comes and goes, all at once.
func TestEverythingAtOnce(t *testing.T) {
	w, n, _, _, far := chain(t)
	ids := []mq.GUID{n.public(`.\a`, localqm.QueueSpec{}), n.public(`.\b`, localqm.QueueSpec{}), mq.NewGUID()}
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for k := range 60 {
				id := ids[(i+k)%len(ids)]
				switch (i + k) % 6 {
				case 0:
					_, _ = n.Member.Find(t.Context(), mq.QueueName{Format: mq.Public(id)})
				case 1:
					_, _ = n.Member.Next(t.Context(), mq.Private(far.ID, 5))
				case 2:
					_, _ = n.Member.Set(t.Context(), qmtest.Owner, id, localqm.QueueSpec{Journaling: ptr(k%2 == 0)})
				case 3:
					n.hear(notice.QueueDeleted, id, controller)
				case 4:
					_ = n.Member.State()
					_ = n.Member.Refresh(t.Context())
				case 5:
					n.Clock.Advance(n.Member.timers.Online)
				}
			}
		})
	}
	for range 5 {
		w.dc.Stop()
		n.Clock.Advance(n.Member.timers.Notices)
		w.dc.Start()
	}
	all.Wait()
	if err := n.Member.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.is(localqm.Integrated)
	if n.label(ids[0]) == "-" || n.label(ids[1]) == "-" {
		t.Error("a queue is gone that the directory has")
	}
}
