package directory

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// opened is the screen on a host of tests.
func opened(t *testing.T, d mgmtclient.Directory) (*screentest.Host, *View) {
	t.Helper()
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, sender(t))
	h.Forest = d
	v := New(h).(*View)
	s := h.Scope().Sub()
	v.Enter(s, screen.Route{Screen: screen.Directory})
	viewtest.Window(t, v.Content(), fyne.NewSize(1176, 840))
	if d.Status().Configured {
		settled(t, h, v)
	}
	return h, v
}

// settled waits until all that is shown was read.
func settled(t *testing.T, h *screentest.Host, v *View) {
	t.Helper()
	h.Until(t, "the directory's answers", func() bool {
		s := v.p.Shown()
		return v.p.found.known && !v.p.found.asking && s != nil && !s.saving && (s.used || s.usedErr != nil) && (s.rights != nil || s.permErr != nil)
	})
}

// at shows what was found of a name.
func at(t *testing.T, h *screentest.Host, v *View, name string) {
	t.Helper()
	for i, e := range v.p.found.rows {
		if e.Name == name {
			v.grid.SetCurrent(i)
			settled(t, h, v)
			return
		}
	}
	t.Fatalf("no %s among what was found", name)
}

// limit fills in another storage limit.
func limit(v *View, kb uint32) {
	v.p.Edit(func(d *draft) { d.now.Queue.QuotaKB = &kb })
}

func TestNamesAndLabelsAreSearched(t *testing.T) {
	h, v := opened(t, fake.NewDirectory(fake.DirectoryOptions{}))
	v.find.SetText("order")
	v.look()
	settled(t, h, v)
	bold, rest := v.p.found.headline()
	if bold != "10 found" || !strings.HasPrefix(rest, "in the whole forest, ") {
		t.Errorf("%q %q", bold, rest)
	}
	v.p.Find("", string(mgmtclient.EntryAlias), "")
	settled(t, h, v)
	if n := len(v.p.found.rows); n != 4 {
		t.Errorf("%d aliases", n)
	}
	v.p.Find("no such thing", anyKind, "")
	h.Until(t, "an answer", func() bool { return v.p.found.known })
	if bold, _ := v.p.found.headline(); bold != "0 found" {
		t.Errorf("%q", bold)
	}
}

func TestASearchCanBeKeptToASite(t *testing.T) {
	h, v := opened(t, fake.NewDirectory(fake.DirectoryOptions{}))
	at(t, h, v, "Copenhagen")
	v.find.SetText("order")
	v.look()
	settled(t, h, v)
	v.line = v.p.tree.line(&v.p.Shown().now)
	s, ok := v.p.Site(v.line)
	if !ok || s.name != "Copenhagen" {
		t.Fatalf("the site of %q is %v", v.line, s)
	}
	v.pressScope()
	settled(t, h, v)
	for _, e := range v.p.found.rows {
		if where := whereOf(&e); where != "HUB-CPH01" && where != "CPH-ARCHIVE" && where != "ERP-SQL03" {
			t.Errorf("%s is at %s", e.Name, where)
		}
	}
	if _, rest := v.p.found.headline(); !strings.HasPrefix(rest, "below Copenhagen") {
		t.Errorf("%q", rest)
	}
	v.pressScope()
	settled(t, h, v)
	if len(v.p.found.rows) != 10 {
		t.Errorf("%d in the whole forest", len(v.p.found.rows))
	}
}

func TestAGUIDIsFoundInAnyOrderOfItsOctets(t *testing.T) {
	h, v := opened(t, fake.NewDirectory(fake.DirectoryOptions{}))
	g, err := mq.ParseGUID("8d1f40c6-2b7e-4e53-9a10-6c5e0b3f77d2")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"{" + g.String() + "}", hex.EncodeToString(g[:])} {
		v.p.Find("", anyKind, text)
		settled(t, h, v)
		if len(v.p.found.rows) != 1 || v.p.found.rows[0].Name != "orders.confirmed" {
			t.Errorf("%s: %d found", text, len(v.p.found.rows))
		}
	}
	v.p.Find("", anyKind, "8d1f")
	h.Run()
	if v.p.found.err == nil {
		t.Error("a part of a GUID is taken for one")
	}
	v.p.Find("", anyKind, mq.NewGUID().String())
	h.Until(t, "an answer", func() bool { return v.p.found.known })
	if len(v.p.found.rows) != 0 || v.p.found.err != nil {
		t.Errorf("%d found, %v", len(v.p.found.rows), v.p.found.err)
	}
}

func TestAChangeIsSaidToBeDoneWhenTheDirectorySaysSo(t *testing.T) {
	h, v := opened(t, fake.NewDirectory(fake.DirectoryOptions{}))
	at(t, h, v, "orders.confirmed")
	limit(v, 204800)
	v.p.Edit(func(d *draft) { d.now.Queue.Journal = true })
	if !v.pane.badge.Visible() || v.pane.save.Disabled() {
		t.Error("a change is not shown")
	}
	v.p.Save()
	if len(h.Actions) > 0 || !v.p.Shown().saving {
		t.Error("it is said to be done before the directory answered")
	}
	settled(t, h, v)
	s := v.p.Shown()
	if s.dirty() || s.now.Queue.QuotaKB == nil || *s.now.Queue.QuotaKB != 204800 || !s.now.Queue.Journal {
		t.Errorf("%+v", s.now.Queue)
	}
	if len(h.Actions) != 1 || h.Actions[0].What != "Changed the limit and the journal of orders.confirmed" {
		t.Errorf("%v", h.Actions)
	}
}

func TestARefusalKeepsTheEditAndMarksTheField(t *testing.T) {
	h, v := opened(t, fake.NewDirectory(fake.DirectoryOptions{As: "anna"}))
	at(t, h, v, "orders.confirmed")
	limit(v, 204800)
	v.p.Save()
	h.Until(t, "the refusal", func() bool { return v.p.Shown().refused != nil })
	s := v.p.Shown()
	if s.refused.field != mgmtclient.FieldQuota || s.refused.bold != "DC01 refused: you may not set the limit" {
		t.Errorf("%+v", s.refused)
	}
	if *s.now.Queue.QuotaKB != 204800 || !v.pane.noteBox.Visible() || v.pane.save.Text() != "Save again" {
		t.Error("the edit is gone, or the refusal is not shown")
	}
	// Another entry, and back.
	at(t, h, v, "bookings")
	if v.pane.badge.Visible() || v.p.Unsaved() != 1 {
		t.Errorf("%d entries with changes", v.p.Unsaved())
	}
	at(t, h, v, "orders.confirmed")
	if s := v.p.Shown(); *s.now.Queue.QuotaKB != 204800 || s.refused == nil {
		t.Error("the edit was lost on the way")
	}
	v.p.Revert()
	if v.p.Shown().dirty() || v.pane.noteBox.Visible() || v.p.Unsaved() != 0 {
		t.Error("it was not taken back")
	}
}

func TestWhatCannotBeIsNotSaved(t *testing.T) {
	h, v := opened(t, fake.NewDirectory(fake.DirectoryOptions{}))
	at(t, h, v, "orders.confirmed")
	v.p.Edit(func(d *draft) {
		d.now.Label = strings.Repeat("x", 125)
		d.fault(mgmtclient.FieldLabel, labelFault(&d.now, d.now.Label))
	})
	if v.p.CanSave() {
		t.Error("a label of 125 characters can be saved")
	}
}

func TestAListKnowsWhatItHasAndWhoHasIt(t *testing.T) {
	h, v := opened(t, fake.NewDirectory(fake.DirectoryOptions{}))
	at(t, h, v, "orders.confirmed")
	says := map[string]string{}
	for _, u := range v.p.Uses() {
		says[u.name] = u.how
	}
	if says["HUB-CPH01"] != "3 messages on their way to it" {
		t.Errorf("of outgoing queues it says %v", says)
	}
	if says["Order watchers"] != "has it as one of 4 members" || says["orders-main"] != "is another name for it" {
		t.Errorf("%v", says)
	}
	at(t, h, v, "Order watchers")
	v.p.Edit(func(d *draft) { d.now.List.Members = without(d.now.List.Members, 0) })
	v.p.Save()
	settled(t, h, v)
	if n := len(v.p.Shown().now.List.Members); n != 3 {
		t.Errorf("%d members", n)
	}
}

func TestEntriesAreMadeAndDeleted(t *testing.T) {
	d := fake.NewDirectory(fake.DirectoryOptions{})
	h, v := opened(t, d)
	at(t, h, v, "HUB-CPH01")
	create := func(what making, name string, fill func(*maker)) {
		t.Helper()
		m := newMaker(v, what)
		m.create()
		if m.name.Error() == "" {
			t.Errorf("a %s without a name is tried", what.title)
		}
		m.name.SetText(name)
		fill(m)
		m.create()
		h.Until(t, "the new "+what.title, func() bool { s := v.p.Shown(); return s != nil && s.now.Name == name || m.fail.Visible() })
		if m.fail.Visible() {
			t.Fatalf("%s was refused", name)
		}
		settled(t, h, v)
	}
	create(makeQueue, "orders.new", func(m *maker) { m.label.SetText("New orders") })
	if q := v.p.Shown().now; q.Queue == nil || q.Queue.Machine.Name != "HUB-CPH01" || q.Label != "New orders" {
		t.Errorf("%+v", q)
	}
	queue := v.p.Shown().now
	send := uint32(mq.RightWriteMessage)
	if p, err := d.Permissions(t.Context(), queue.ID); err != nil || !p.Allows(anonymous, send) || !p.Allows(everyone, send) {
		t.Errorf("other computers cannot send to it: %+v, %v", p, err)
	}
	create(makeQueue, "orders.own", func(m *maker) { m.open = false })
	if p, err := d.Permissions(t.Context(), v.p.Shown().now.ID); err != nil || p.Allows(anonymous, send) {
		t.Errorf("other computers can send to it: %+v, %v", p, err)
	}
	create(makeAlias, "new-orders", func(m *maker) { m.target.SetText(queue.FormatName) })
	create(makeList, "New watchers", func(m *maker) { m.members = []mgmtclient.EntryRef{refOf(&queue)} })
	create(makeForeignSite, "Harbour", func(*maker) {})
	site := v.p.Shown().now
	if site.Site == nil || !site.Site.Foreign {
		t.Errorf("%+v", site)
	}
	k := newPicker(v, picking{kinds: []mgmtclient.EntryKind{mgmtclient.EntrySite}, foreign: true}, nil)
	h.Until(t, "the foreign sites", func() bool { return len(k.rows) > 0 })
	for _, e := range k.rows {
		if !e.Site.Foreign {
			t.Errorf("%s is offered for a foreign computer", e.Name)
		}
	}
	var added []mgmtclient.Entry
	k = newPicker(v, picking{kinds: []mgmtclient.EntryKind{mgmtclient.EntryQueue}, many: true}, func(e []mgmtclient.Entry) { added = e })
	h.Until(t, "the queues", func() bool { return len(k.rows) > 0 })
	k.grid.OnActivate(rowID(&k.rows[0]))
	if len(added) != 1 || added[0].ID != k.rows[0].ID {
		t.Errorf("Enter on an entry adds %v", added)
	}
	create(makeForeignComputer, "CRANE1", func(m *maker) { m.place = &site })
	v.p.Show(queue)
	settled(t, h, v)
	v.askDelete()
	h.Until(t, "the question", func() bool { return h.Dialog() != nil && strings.HasPrefix(h.Dialog().Title(), "Delete orders.new") })
	said := texts(t, h.Dialog().Frame())
	for _, want := range []string{"New watchers", "new-orders", "2 entries rely on it"} {
		if !strings.Contains(said, want) {
			t.Errorf("the question does not say %q", want)
		}
	}
	if _, err := d.Entry(context.Background(), queue.ID.String()); err != nil {
		t.Fatal("it was deleted before that was said")
	}
	v.remove([]mgmtclient.Entry{queue})
	h.Until(t, "the end of it", func() bool { return len(h.Actions) > 0 && h.Actions[0].What == "Deleted orders.new from the directory" })
	if _, err := d.Entry(context.Background(), queue.ID.String()); !notFound(err) {
		t.Errorf("%v", err)
	}
}

// texts are the words that an object paints.
func texts(t *testing.T, o fyne.CanvasObject) string {
	t.Helper()
	var list []string
	for _, k := range screentest.Find[*kit.KeyValue](t, o) {
		for _, p := range k.Pairs() {
			list = append(list, p.Value, p.Tail)
		}
	}
	return strings.Join(append(list, painted(t, o)...), " ")
}

func TestADirectoryThatDoesNotAnswerLeavesWhatWasRead(t *testing.T) {
	d := fake.NewDirectory(fake.DirectoryOptions{})
	h, v := opened(t, d)
	n := len(v.p.found.rows)
	d.Stop()
	v.p.Refresh()
	h.Until(t, "that it does not answer", func() bool { return v.away.Visible() })
	if len(v.p.found.rows) != n || n == 0 {
		t.Errorf("%d of %d entries are left", len(v.p.found.rows), n)
	}
	d.Start()
	v.p.Refresh()
	h.Until(t, "that it is back", func() bool { return !v.away.Visible() && v.p.found.err == nil && !v.p.found.asking })
}

func TestWithoutADirectoryOneCanBeChosen(t *testing.T) {
	d := fake.NewDirectory(fake.DirectoryOptions{Unchosen: true})
	h, v := opened(t, d)
	if !v.stage.Objects[1].Visible() {
		t.Error("it is not said that there is none")
	}
	f := newChooser(h, mgmtclient.DirectorySignIn{})
	f.pressSave()
	if f.where.Error() == "" || f.saving {
		t.Error("nothing is taken for a directory")
	}
	f.set(func() {
		f.domain, f.choice.user, f.password, f.typed = "nordhavn.example", `NORDHAVN\anna`, "wrong", true
	})
	f.pressSave()
	h.Until(t, "the test", func() bool { return f.phase == failed })
	if v.p.Status().Configured || f.saving {
		t.Error("what was refused is kept without a question")
	}
	if p, ok := f.stumble(); !ok || p.Layer != mgmtclient.LayerSignIn || f.do.Text() != "Use it anyway" {
		t.Errorf("%+v, %q", p, f.do.Text())
	}
	f.set(func() { f.password = fake.Password })
	if f.phase != untested {
		t.Error("another password counts as tested")
	}
	f.pressSave()
	h.Until(t, "that it is used", func() bool { return v.p.Status().Configured })
	settled(t, h, v)
	if v.stage.Objects[1].Visible() || v.p.Status().As != `NORDHAVN\anna` {
		t.Errorf("%+v", v.p.Status())
	}
	asked := v.p.found
	other, err := d.SignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other.User = `NORDHAVN\Administrator`
	secret := fake.Password
	if err := d.Choose(t.Context(), other, &secret); err != nil {
		t.Fatal(err)
	}
	h.Until(t, "what another account sees", func() bool { return v.p.found != asked && v.p.Status().As == other.User && v.p.found.known })
	g := newChooser(h, mgmtclient.DirectorySignIn{Domain: "nordhavn.example", SignIn: mgmtclient.SignInPassword, User: `NORDHAVN\anna`})
	g.pressLeave()
	h.Until(t, "that it is left", func() bool { return v.stage.Objects[1].Visible() })
}

func TestMoreThanAPageIsReadAsItComesIntoSight(t *testing.T) {
	d := fake.NewDirectory(fake.DirectoryOptions{})
	ctx := context.Background()
	hub, err := d.Entry(ctx, "3a9be7d1-04c8-4f0e-8a57-2e61f90cb3d4")
	if err != nil {
		t.Fatal(err)
	}
	const many = pageSize + 50
	for i := range many {
		name := fmt.Sprintf("load.%03d", i)
		if _, err := d.Create(ctx, mgmtclient.Entry{Kind: mgmtclient.EntryQueue, Name: name, Queue: &mgmtclient.QueueEntry{
			Machine: refOf(&hub), PathName: `HUB-CPH01\` + name, PrivacyLevel: "optional",
		}}); err != nil {
			t.Fatal(err)
		}
	}
	h, v := opened(t, d)
	v.find.SetText("load.")
	v.look()
	settled(t, h, v)
	if n := len(v.p.found.rows); n != pageSize {
		t.Errorf("%d were read at first", n)
	}
	v.grid.ScrollTo(v.grid.Source().Len() - 1)
	h.Until(t, "all of them", func() bool { return v.p.found.complete() })
	if n := len(v.p.found.rows); n != many {
		t.Errorf("%d of %d", n, many)
	}
	v.p.Sort(kit.Sort{Key: colName, Desc: true})
	if v.p.found.rows[0].Name != fmt.Sprintf("load.%03d", many-1) {
		t.Errorf("%s is first", v.p.found.rows[0].Name)
	}
}

func TestTheTreeOpensStepByStep(t *testing.T) {
	h, v := opened(t, fake.NewDirectory(fake.DirectoryOptions{}))
	h.Until(t, "the folders", func() bool { return v.p.tree.byID[folderLinks].read && v.p.tree.byID[folderSites].read })
	if b := v.p.tree.byID[folderSites]; b.count() != "8" || v.p.tree.byID[folderLinks].count() != "9" {
		t.Errorf("%s sites", b.count())
	}
	var dmz string
	for _, r := range v.p.tree.rows() {
		if r.Text == "DMZ" {
			dmz = r.Tail
		}
	}
	if dmz != "foreign" {
		t.Error("a foreign site is not marked")
	}
	open := func(name string) {
		t.Helper()
		for id, b := range v.p.tree.byID {
			if b.entry.Name == name && b.folder == "" {
				v.p.tree.toggle(id, true)
				h.Until(t, "what is below "+name, func() bool { return b.read })
			}
		}
	}
	open("Copenhagen")
	open("HUB-CPH01")
	at(t, h, v, "orders.confirmed")
	if b := v.p.tree.byID[v.tree.Chosen()]; b == nil || b.entry.Name != "orders.confirmed" {
		t.Errorf("the tree is at %q", v.tree.Chosen())
	}
}

func TestTheKeyboardGoesIntoTheFormAndBack(t *testing.T) {
	h, v := opened(t, fake.NewDirectory(fake.DirectoryOptions{}))
	at(t, h, v, "orders.confirmed")
	c := fyne.CurrentApp().Driver().CanvasForObject(v.grid)
	v.grid.Focus()
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if c.Focused() != v.pane.form.first {
		t.Fatal("Enter does not lead into the form")
	}
	c.Focused().TypedRune('!')
	if got := v.p.Shown().now.Label; !strings.Contains(got, "!") {
		t.Errorf("%q", got)
	}
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	settled(t, h, v)
	if v.p.Shown().dirty() {
		t.Error("Enter does not save")
	}
	v.pane.focus()
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if !v.grid.Focused() {
		t.Error("Esc does not lead back to the list")
	}
}

func TestPermissionsAreChanged(t *testing.T) {
	d := fake.NewDirectory(fake.DirectoryOptions{})
	h, v := opened(t, d)
	at(t, h, v, "orders.confirmed")
	p := newSharing(v, v.p.Shown().was, *v.p.Shown().rights)
	for i, x := range p.now.Entries {
		if x.SID == everyone {
			p.grid.SetCurrent(i)
		}
	}
	p.give("send")
	p.save()
	h.Until(t, "the end of it", func() bool { return len(h.Actions) > 0 || p.fail.Visible() })
	now, err := d.Permissions(context.Background(), v.p.Shown().now.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !now.Allows(everyone, uint32(mq.RightWriteMessage)) {
		t.Errorf("%+v", now.Entries)
	}
}

func TestDelInTheTreeIsAboutItsLineOnly(t *testing.T) {
	h, v := opened(t, fake.NewDirectory(fake.DirectoryOptions{}))
	h.Until(t, "the folders", func() bool { return v.p.tree.byID[folderLists].read })
	del := &fyne.KeyEvent{Name: fyne.KeyDelete}
	v.tree.SetChosen(folderLists)
	if v.tree.OnKey(del) {
		t.Error("a folder can be deleted")
	}
	v.p.tree.toggle(folderLists, true)
	list := v.p.tree.byID[folderLists].kids[0]
	v.tree.SetChosen(list.id)
	v.tree.OnKey(del)
	h.Until(t, "the question", func() bool { return h.Dialog() != nil && h.Dialog().Title() == "Delete "+list.entry.Name+"?" })
}
