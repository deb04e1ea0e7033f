package computer

import (
	"context"
	"strings"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/screen/screentest"
)

const gateway = "EDI-GW01.dmz.nordhavn.example"

// slow takes 420 ms for each layer.
const slow = 420 * time.Millisecond

func scene(t *testing.T, c mgmtclient.Computer, p *fake.Peer) (*screentest.Host, *edit, *fake.Computers) {
	t.Helper()
	h := screentest.New(t)
	list := fake.NewComputers()
	list.Found(gateway, p)
	return h, newEdit(h.Scope().Sub(), list, c), list
}

func fill(e *edit) {
	e.set(func() { e.address, e.user = gateway, `NORDHAVN\anna` })
	e.set(func() { e.password, e.typed = "north", true })
}

var fresh = mgmtclient.Computer{SignIn: mgmtclient.SignInPassword}

func sound() *fake.Peer {
	return &fake.Peer{Node: fake.New(fake.Options{Name: "EDI-GW01"}), Password: "north", Took: slow}
}

func marks(e *edit) string {
	var b strings.Builder
	for _, l := range e.layers() {
		b.WriteByte("-?+x"[l.mark])
	}
	return b.String()
}

func TestAComputerIsCalledAfterItsAddress(t *testing.T) {
	for address, want := range map[string]string{
		gateway: "EDI-GW01", "hub": "HUB", "hub.example:2103": "HUB", "192.0.2.40": "192.0.2.40", "192.0.2.40:2103": "192.0.2.40",
		"[2001:db8::1]:2103": "2001:db8::1", "2001:db8::1": "2001:db8::1", " hub ": "HUB",
	} {
		if got := called(address); got != want {
			t.Errorf("%q is called %q, want %q", address, got, want)
		}
	}
}

func TestLayersComeInAsTheyAreTested(t *testing.T) {
	h, e, list := scene(t, fresh, sound())
	fill(e)
	release := make(chan struct{})
	list.SetHook(func(ctx context.Context, method, where string) error {
		if method == "Test" && strings.HasSuffix(where, string(mgmtclient.LayerSignIn)) {
			<-release
		}
		return nil
	})
	e.run()
	h.Until(t, "two layers", func() bool { return len(e.probes) == 2 })
	if got := marks(e); got != "++?--" {
		t.Errorf("got %s", got)
	}
	close(release)
	h.Until(t, "the end", func() bool { return e.phase == passed })
	if got := marks(e); got != "+++++" || e.total() != "2.1 s" || e.layers()[2].took != "420 ms" {
		t.Errorf("got %s in %s, %+v", got, e.total(), e.layers()[2])
	}
}

func TestTheFirstLayerThatFailsSaysHowToMendIt(t *testing.T) {
	p := sound()
	p.Password = "changed"
	h, e, _ := scene(t, fresh, p)
	fill(e)
	e.run()
	h.Until(t, "the end", func() bool { return e.phase == failed })
	_, _, text := e.verdict()
	if marks(e) != "++x--" || !strings.Contains(text, "the password is not right") || !strings.Contains(text, "It can be added now") {
		t.Errorf("%s: %s", marks(e), text)
	}
}

func TestATestIsStoppedAndForgottenWhenSomethingChanges(t *testing.T) {
	h, e, list := scene(t, fresh, sound())
	fill(e)
	gone := make(chan struct{})
	list.SetHook(func(ctx context.Context, method, where string) error {
		if strings.HasSuffix(where, string(mgmtclient.LayerPort)) {
			<-ctx.Done()
			close(gone)
		}
		return ctx.Err()
	})
	e.run()
	h.Until(t, "one layer", func() bool { return len(e.probes) == 1 })
	e.stop()
	<-gone
	h.Run()
	if e.phase != untested || len(e.probes) != 1 {
		t.Errorf("phase %d, %d probes", e.phase, len(e.probes))
	}
	e.set(func() { e.address = "other" })
	if len(e.probes) != 0 {
		t.Error("what was tested is another computer")
	}
	e.set(func() { e.name, e.named = "Gateway", true })
}

func TestWhatIsMissingIsSaidBeforeAnythingIsTried(t *testing.T) {
	_, e, list := scene(t, fresh, sound())
	for _, c := range []struct {
		address, user, field string
	}{{"", "anna", "address"}, {"a b", "anna", "address"}, {gateway, " ", "user"}, {gateway, "anna", ""}} {
		e.set(func() { e.address, e.user = c.address, c.user })
		if field, _ := e.fault(); field != c.field {
			t.Errorf("%q, %q: fault at %q", c.address, c.user, field)
		}
	}
	e.set(func() { e.address = "" })
	e.run()
	if e.phase == trying || list.Calls("Test") != 0 {
		t.Error("it was tested")
	}
}

func TestPasswordsAreKeptChangedAndForgotten(t *testing.T) {
	h, e, list := scene(t, fresh, sound())
	fill(e)
	var saved mgmtclient.Computer
	save := func(e *edit) {
		t.Helper()
		done := false
		e.save(func(c mgmtclient.Computer, _ bool, err error) {
			if err != nil {
				t.Error(err)
			}
			saved, done = c, true
		})
		h.Until(t, "the saving", func() bool { return done })
	}
	save(e)
	if saved.Name != "EDI-GW01" || saved.Address != gateway || list.Kept(saved.ID) != "north" {
		t.Fatalf("%+v, kept %q", saved, list.Kept(saved.ID))
	}
	e = newEdit(h.Scope().Sub(), list, saved)
	e.set(func() { e.name, e.named = "Gateway", true })
	save(e)
	if saved.Name != "Gateway" || list.Kept(saved.ID) != "north" {
		t.Errorf("%+v, kept %q", saved, list.Kept(saved.ID))
	}
	e = newEdit(h.Scope().Sub(), list, saved)
	e.set(func() { e.signIn = mgmtclient.SignInKerberos })
	save(e)
	if list.Kept(saved.ID) != "" || saved.User != "" {
		t.Errorf("%+v, kept %q", saved, list.Kept(saved.ID))
	}
}

func TestARefusalToSaveIsAnAnswer(t *testing.T) {
	h, e, list := scene(t, fresh, sound())
	fill(e)
	list.Fail("Save", mq.Errorf(mq.ErrGeneric, "save", "the keyring is locked"))
	var got error
	e.save(func(_ mgmtclient.Computer, _ bool, err error) { got = err })
	h.Until(t, "the answer", func() bool { return got != nil })
}
