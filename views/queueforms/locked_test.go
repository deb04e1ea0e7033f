package queueforms

import (
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

func TestPropertiesThatCannotBeChangedAreShownAndSayWhy(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	node := fake.Sample()
	node.Lack(mgmtclient.CanAdmin, mgmtclient.CanGuard)
	h := screentest.New(t, node)
	n := known1(t, h)
	for _, tab := range []string{tabGeneral, tabLimits, tabSecurity, tabJournal} {
		n.tabs.SetChosen(tab)
		n.turn()
		if !n.lock.Visible() || n.changes() || n.do != nil {
			t.Errorf("%s: the note shows: %v", tab, n.lock.Visible())
		}
		for _, f := range screentest.Find[*kit.Field](t, n.body) {
			if !f.Disabled() {
				t.Errorf("%s: a field can be written in", tab)
			}
		}
	}
}

func TestPermissionsCanBeChangedWhereOnlyTheyCan(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	node := fake.Sample()
	node.Lack(mgmtclient.CanAdmin)
	f := known1(t, screentest.New(t, node))
	f.tabs.SetChosen(tabSecurity)
	f.turn()
	if f.lock.Visible() || f.do == nil || f.do.Text() != "Apply" {
		t.Error("the permissions are locked")
	}
	f.secure.letAnonymousSend()
	if f.do.Disabled() {
		t.Error("they cannot be applied")
	}
}

func known1(t *testing.T, h *screentest.Host) *propertiesForm {
	t.Helper()
	n := node(t, h)
	return newProperties(h, n, known(t, n, `HUB-CPH01\private$\orders.in`))
}

func TestShotsOfLockedProperties(t *testing.T) {
	for _, v := range viewtest.Variants {
		t.Run(viewtest.Name(v), func(t *testing.T) {
			viewtest.NewApp(t, v)
			m := fake.Sample()
			m.Lack(mgmtclient.CanAdmin, mgmtclient.CanGuard)
			h := screentest.New(t, m)
			b := &board{}
			for i, tab := range []string{tabGeneral, tabLimits, tabSecurity} {
				f := known1(t, h)
				f.tabs.SetChosen(tab)
				f.turn()
				b.put(24+float32(i)*504, 20, 488, tab, f.dialog.Frame())
			}
			viewtest.Shot(t, "38-locked-properties", b.view(), fyne.NewSize(1544, 640), v)
		})
	}
}
