package queueforms

import (
	"context"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen/screentest"
)

const ownerSID = "S-1-22-1-1000"

// guardedForm opens the properties of orders.in, guarded by a descriptor.
func guardedForm(t *testing.T, sddl string) (*propertiesForm, *fake.Node, *screentest.Host, fyne.Window) {
	t.Helper()
	n := fake.Sample()
	h, w := window(t, n)
	if err := n.SetACL(context.Background(), "orders.in", sddl); err != nil {
		t.Fatal(err)
	}
	f := newProperties(h, node(t, h), known(t, node(t, h), "orders.in"))
	h.Show(f.dialog)
	f.tabs.SetChosen(tabSecurity)
	f.turn()
	return f, n, h, w
}

func descriptor(t *testing.T, n *fake.Node) string {
	t.Helper()
	sddl, err := n.ACL(context.Background(), "orders.in")
	if err != nil {
		t.Fatal(err)
	}
	return sddl
}

func shownEntries(f *propertiesForm) []string {
	var out []string
	for _, r := range f.secure.list.rows {
		out = append(out, r.icon+" "+r.name+": "+r.says)
	}
	return out
}

func TestPermissionsAreShownInWords(t *testing.T) {
	f, _, _, _ := guardedForm(t, "O:"+ownerSID+"D:(D;;0x4;;;S-1-22-1-7)(A;;0xf003f;;;"+ownerSID+")(A;;0x27;;;S-1-22-2-100)(A;;GR;;;WD)(A;;0x4;;;AN)(A;;0x4;;;S-1-5-21-1-2-3-1104)(A;;0x2;;;AN)")
	want := []string{
		"user Unix user 7: May not send", "user Unix user 1000: Everything", "users Unix group 100: Send, take, see properties",
		"globe Everyone: Take, take from the journal, see properties, see permissions", "eye-off Anonymous, unsigned: Send, look", "user S-1-5-21-1-2-3-1104: Send",
	}
	got := shownEntries(f)
	for i := range want {
		if i >= len(got) || !strings.EqualFold(got[i], want[i]) {
			t.Errorf("got %q, want %q", got[min(i, len(got)-1)], want[i])
		}
	}
	if rows := f.secure.list.rows; len(rows) != len(want) || len(rows[1].badges) != 1 || len(rows[0].badges) != 0 {
		t.Errorf("got %+v", rows)
	}
	if f.changed() || f.secure.owner.Text() != "Unix user 1000" || f.sddl == "" {
		t.Errorf("changed %v, owner %q, SDDL %q", f.changed(), f.secure.owner.Text(), f.sddl)
	}
}

func TestARightTakesAlongWhatItNeeds(t *testing.T) {
	by := map[string]right{}
	all := mq.QueueRight(0)
	for _, r := range rights {
		by[r.text], all = r, all|r.bit
	}
	if all != mq.RightQueueGenericAll || len(rights) != 10 {
		t.Fatalf("the ten rights are %#x", uint32(all))
	}
	take, look := by["Take messages"], by["Look without taking"]
	if got := take.turn(0, true, false); got != mq.RightReceiveMessage {
		t.Errorf("to take is %#x", uint32(got))
	}
	if got := look.turn(mq.RightReceiveMessage|mq.RightReceiveJournalMessage|mq.RightWriteMessage, false, false); got != mq.RightWriteMessage {
		t.Errorf("without a look %#x is left", uint32(got))
	}
	if got := take.turn(0, true, true); got != mq.RightDeleteMessage {
		t.Errorf("to deny taking denies %#x", uint32(got))
	}
	if on, whole := take.in(mq.RightDeleteMessage, false); !on || whole {
		t.Errorf("half a right: on %v, whole %v", on, whole)
	}
	for id, set := range map[string]mq.QueueRight{shareAll: mq.RightQueueGenericAll, shareSend: mq.RightWriteMessage, shareNone: 0, shareSome: mq.RightQueueGenericWrite} {
		if share(set) != id || id != shareSome && shareRights(id) != set {
			t.Errorf("%s: %#x", id, uint32(set))
		}
	}
}

func TestWhatIsClickedIsSet(t *testing.T) {
	f, n, h, _ := guardedForm(t, "O:"+ownerSID+"D:(A;;0xf003f;;;"+ownerSID+")(A;;0x24;;;S-1-22-1-7)(A;;0x4;;;AN)")
	f.secure.list.choose(1)
	f.secure.checks[2].Toggle()
	f.secure.checks[4].Toggle()
	if !f.secure.checks[1].Checked() || f.secure.hints[4].Text() != "was on" || f.secure.share.Chosen() != shareSome {
		t.Errorf("look %v, hint %q, share %s", f.secure.checks[1].Checked(), f.secure.hints[4].Text(), f.secure.share.Chosen())
	}
	f.secure.list.choose(0)
	f.secure.drop()
	if f.do.Text() != "Apply anyway" {
		t.Errorf("the owner is locked out, and the button says %q", f.do.Text())
	}
	f.do.Press()
	h.Until(t, "the answer", func() bool { return !f.dialog.Shown() })
	if got := descriptor(t, n); got != "O:"+ownerSID+"D:(A;;0x7;;;S-1-22-1-7)(A;;0x4;;;AN)" {
		t.Errorf("got %s", got)
	}
}

func TestADenialTellsEveryRight(t *testing.T) {
	for set, want := range map[mq.QueueRight]string{
		mq.RightDeleteMessage: "May not take", mq.RightReceiveMessage: "May not look, take", mq.RightQueueGenericAll: "May do nothing", 0: "Nothing",
	} {
		if got := says(mgmtclient.Permission{Deny: true, Rights: uint32(set)}); got != want {
			t.Errorf("%#x: got %q", uint32(set), got)
		}
	}
}

func TestSomeOffersTheRightsOneByOne(t *testing.T) {
	f, _, _, _ := guardedForm(t, "O:"+ownerSID+"D:(A;;0x4;;;AN)")
	f.secure.share.OnChanged(shareSome)
	if f.secure.share.Chosen() != shareSome || f.changed() {
		t.Errorf("share %s, changed %v", f.secure.share.Chosen(), f.changed())
	}
	f.secure.share.OnChanged(shareAll)
	if f.guard.now.Entries[0].Rights != uint32(mq.RightQueueGenericAll) || !f.changed() {
		t.Errorf("got %+v", f.guard.now.Entries)
	}
}

func TestLockingSendersOutIsDangerousAndCanBeUndone(t *testing.T) {
	f, n, _, w := guardedForm(t, "O:BAD:(A;;0xf003f;;;BA)(A;;0x24;;;AN)")
	f.secure.list.choose(1)
	f.secure.share.OnChanged(shareNone)
	if bold, _ := f.edit.danger(); f.do.Text() != "Apply anyway" || !f.warn.Visible() || !strings.HasPrefix(bold, "No other computer") {
		t.Errorf("button %q, warning %v", f.do.Text(), f.warn.Visible())
	}
	w.Canvas().Focus(f.secure.list)
	f.secure.list.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if f.dialog.Shown() || n.Calls("SetPermissions") != 0 {
		t.Errorf("Enter applied a dangerous change: shown %v", f.dialog.Shown())
	}
	f.secure.drop()
	f.secure.letAnonymousSend()
	if f.changed() || f.warn.Visible() || f.do.Text() != "Apply" {
		t.Errorf("changed %v: %v", f.changed(), shownEntries(f))
	}
}

func TestADenialKeepsAnonymousOutToo(t *testing.T) {
	f, n, h, _ := guardedForm(t, "O:BAD:(A;;0x4;;;AN)(A;;0x4;;;S-1-22-1-7)")
	i := f.guard.add(mgmtclient.Permission{Account: mgmtclient.Account{SID: anonymous}, Deny: true, Rights: uint32(mq.RightWriteMessage)})
	f.secure.choose(i)
	if !f.guard.anonymousOut() || f.secure.list.rows[i].says != "May not send" {
		t.Errorf("got %v", shownEntries(f))
	}
	f.secure.letAnonymousSend()
	if f.guard.anonymousOut() {
		t.Error("the denial stands")
	}
	f.guard.set(1, 0)
	if bold, _ := f.edit.danger(); bold != "Unix user 7 could send here and no longer can" {
		t.Errorf("got %q", bold)
	}
	f.guard.add(mgmtclient.Permission{Account: mgmtclient.Account{Name: "Users"}, Deny: true, Rights: uint32(mq.RightPeekMessage)})
	f.update()
	f.do.Press()
	h.Until(t, "the answer", func() bool { return !f.dialog.Shown() })
	if got := descriptor(t, n); got != "O:BAD:(D;;0x2;;;BU)(A;;0x4;;;AN)" {
		t.Errorf("got %s", got)
	}
}

func TestAQueueThatIsNotGuardedSaysSo(t *testing.T) {
	f, _, _, _ := guardedForm(t, "O:BA")
	if len(f.secure.list.rows) != 0 || !strings.HasPrefix(f.secure.list.empty, "Nothing is guarded") || f.secure.detail.Visible() {
		t.Errorf("got %v, %q", shownEntries(f), f.secure.list.empty)
	}
	f.secure.choose(f.guard.add(mgmtclient.Permission{Account: mgmtclient.Account{SID: ownerSID}, Rights: 4}))
	if !f.guard.anonymousOut() || !slices.Equal(f.guard.lockedOut(), []string{"Everyone"}) || !f.secure.detail.Visible() {
		t.Errorf("locked out: %v", f.guard.lockedOut())
	}
	f.back.Press()
	if f.changed() || !f.guard.now.Open {
		t.Error("not as it was")
	}
}

func TestAnAccountIsAddedByNameOrSID(t *testing.T) {
	f, _, h, w := guardedForm(t, "O:BAD:(A;;0xf003f;;;BA)")
	for text, want := range map[string]mgmtclient.Account{
		"ANONYMOUS":         wellKnown[1],
		"s-1-5-21-1-2-3-4 ": {SID: "S-1-5-21-1-2-3-4", Name: "S-1-5-21-1-2-3-4"},
		"everyo":            wellKnown[0],
		`NORDHAVN\svc`:      {Name: `NORDHAVN\svc`},
	} {
		form := askAccount(&f.guard, "Who", "plus", "Add", true, func(mgmtclient.Account, bool) {})
		form.field.SetText(text)
		form.find()
		if a, _, ok := form.result(); !ok || a != want {
			t.Errorf("%q: got %+v", text, a)
		}
	}
	f.secure.add()
	test.Type(w.Canvas().Focused(), "anonym")
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if h.Dialog().Shown() || !f.dialog.Shown() {
		t.Fatal("the wrong dialog closed")
	}
	if got := shownEntries(f); len(got) != 2 || got[1] != "eye-off Anonymous, unsigned: Send" || f.secure.chosen != 1 {
		t.Errorf("got %v", got)
	}
	f.secure.add()
	for _, s := range screentest.Find[*kit.Segmented](t, h.Dialog().Frame()) {
		s.SetChosen(sideDeny)
	}
	test.Type(w.Canvas().Focused(), "S-1-5-9")
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if got := shownEntries(f); len(got) != 3 || got[2] != "user S-1-5-9: May not send" {
		t.Errorf("got %v", got)
	}
}

func TestAnOwnerIsNamed(t *testing.T) {
	f, n, h, w := guardedForm(t, "O:BAD:(A;;0xf003f;;;BA)")
	f.secure.own()
	for _, field := range screentest.Find[*kit.Field](t, h.Dialog().Frame()) {
		field.SetText(ownerSID)
		field.OnChanged(ownerSID)
	}
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if !f.changed() || f.secure.owner.Text() != ownerSID || !f.secure.owned.Visible() {
		t.Errorf("changed %v, owner %q", f.changed(), f.secure.owner.Text())
	}
	f.do.Press()
	h.Until(t, "the answer", func() bool { return !f.dialog.Shown() })
	if got := descriptor(t, n); got != "O:"+ownerSID+"D:(A;;0xf003f;;;BA)" {
		t.Errorf("got %s", got)
	}
}

func TestTheListIsWorkedWithKeys(t *testing.T) {
	f, _, _, w := guardedForm(t, "O:BAD:(A;;0xf003f;;;BA)(A;;4;;;AN)(A;;4;;;WD)")
	l := f.secure.list
	w.Canvas().Focus(l)
	for _, k := range []fyne.KeyName{fyne.KeyDown, fyne.KeyEnd, fyne.KeyUp, fyne.KeyDelete, fyne.KeyHome} {
		l.TypedKey(&fyne.KeyEvent{Name: k})
	}
	if got := shownEntries(f); len(got) != 2 || l.chosen != 0 || !strings.HasPrefix(got[1], "globe Everyone") {
		t.Errorf("got %v, line %d", got, l.chosen)
	}
}

func TestPermissionsThatMayNotBeReadSayWhy(t *testing.T) {
	n := fake.Sample()
	h, _ := window(t, n)
	n.Fail("Permissions", mq.Errorf(mq.ErrAccessDenied, "read the permissions", "you lack See Permissions"))
	f := newProperties(h, node(t, h), known(t, node(t, h), "orders.in"))
	f.tabs.SetChosen(tabSecurity)
	f.turn()
	notes := screentest.Find[*kit.Note](t, f.pages[tabSecurity])
	if f.secure.list != nil || len(notes) != 1 || f.changed() {
		t.Errorf("%d notes, changed %v", len(notes), f.changed())
	}
}

func TestShotsOfSecurity(t *testing.T) {
	shootWide(t, "17b-queue-security", 1520, func(h *screentest.Host) *board {
		n := node(t, h)
		guard, _ := mgmtclient.Can[mgmtclient.Guard](n.Client)
		form := func(sddl string) *propertiesForm {
			if err := guard.SetACL(context.Background(), "orders.in", sddl); err != nil {
				t.Fatal(err)
			}
			f := newProperties(h, n, known(t, n, "orders.in"))
			f.tabs.SetChosen(tabSecurity)
			f.turn()
			return f
		}
		b := &board{}
		const domain = "S-1-5-21-2127521184-1604012920-1887927527-"
		far := form("O:" + domain + "2210D:(D;;0x1;;;" + domain + "1105)(A;;0xf003f;;;" + domain + "2210)(A;;0x2002e;;;" + domain + "1104)(A;;0x1;;;" + domain + "1106)(A;;0x24;;;WD)(A;;0x4;;;AN)")
		far.secure.list.FocusGained()
		b.put(24, 20, 488, "Another computer knows SIDs only; a denial is a row of its own", far.dialog.Frame())
		half := form("O:BAD:(A;;0xf003f;;;BA)(A;;0x1;;;S-1-22-1-1000)(A;;0x24;;;WD)(A;;0x4;;;AN)(A;;0x27;;;S-1-22-1-7)(A;;0x27;;;S-1-22-1-8)(A;;0x27;;;S-1-22-1-9)(A;;0x27;;;S-1-22-1-10)")
		half.secure.list.choose(1)
		b.put(528, 20, 488, "More entries than lines; half a right", half.dialog.Frame())
		open := form("O:BA")
		b.put(1032, 20, 464, "Not guarded", open.dialog.Frame())
		account := askAccount(&far.guard, "Add an account", "plus", "Add", true, nil)
		b.put(1032, 420, 464, "Add", account.dialog.Frame())
		return b
	})
}
