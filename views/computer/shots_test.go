package computer

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

func book(h *screentest.Host, list *fake.Computers) Book {
	return Book{
		Computers: list, Find: func(string) (mgmtclient.Computer, bool) { return mgmtclient.Computer{}, false },
		Saved: func(mgmtclient.Computer, bool) {}, Removed: func(string) {}, Under: func(string) int { return 0 },
	}
}

// tested is the form after a test.
func tested(t *testing.T, h *screentest.Host, p *fake.Peer) *form {
	t.Helper()
	list := fake.NewComputers()
	list.Found(gateway, p)
	f := newForm(h, book(h, list), fresh)
	f.where.SetText(gateway)
	f.user.SetText(`NORDHAVN\anna`)
	f.pass.SetText("north")
	fill(f.edit)
	f.pressTest()
	h.Until(t, "the test", func() bool { return f.kept.words != "" && (f.phase == passed || f.phase == failed) })
	return f
}

func closedPort() *fake.Peer {
	return &fake.Peer{Took: slow, Err: mq.Errorf(mq.ErrRemoteMachineNotAvailable, "connect", "no answer from port 2103 within 5 seconds").
		WithFix("open TCP 135 and 2103 to 2105 on the firewall")}
}

func refusal(t *testing.T, h *screentest.Host, list *fake.Computers) *signIn {
	c := mgmtclient.Computer{ID: "erp", Name: "ERP-SQL03", SignIn: mgmtclient.SignInKerberos}
	h.SetNode(screen.Node{
		ID: "erp", Name: "ERP-SQL03", State: screen.Refused,
		Err: mq.Errorf(mq.ErrAccessDenied, "sign in", `the Kerberos ticket of NORDHAVN\anna was not accepted`),
	})
	d := newSignIn(h, book(h, list), c)
	d.user.SetText(`NORDHAVN\adm-anna`)
	d.pass.SetText("123456789")
	h.Until(t, "where the password goes", func() bool { return d.known })
	return d
}

type board struct{ objs []fyne.CanvasObject }

func (b *board) put(x, y, w float32, o fyne.CanvasObject) {
	for range 3 {
		o.Resize(fyne.NewSize(w, o.MinSize().Height))
	}
	o.Move(fyne.NewPos(x, y))
	b.objs = append(b.objs, o)
}

func TestShotsOfTheDialogs(t *testing.T) {
	for _, v := range viewtest.Variants {
		t.Run(viewtest.Name(v), func(t *testing.T) {
			viewtest.NewApp(t, v)
			h := screentest.New(t)
			b := &board{}
			b.put(24, 24, 496, tested(t, h, closedPort()).dialog.Frame())
			b.put(544, 24, 496, tested(t, h, sound()).dialog.Frame())
			empty := newForm(h, book(h, fake.NewComputers()), mgmtclient.Computer{SignIn: mgmtclient.SignInKerberos})
			b.put(544, 560, 496, empty.dialog.Frame())
			loose := fake.NewComputers()
			loose.KeepNot("this computer has no keyring that answers, so passwords last until the program ends")
			b.put(1064, 24, 352, refusal(t, h, fake.NewComputers()).dialog.Frame())
			b.put(1064, 360, 352, refusal(t, h, loose).dialog.Frame())
			h.Run()
			viewtest.Shot(t, "39-computer-dialogs", kit.NewPanel(theme.Background, container.NewWithoutLayout(b.objs...)), fyne.NewSize(1440, 1000), v)
		})
	}
}

func TestTheFormIsBuiltAsDrawn(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t)
	f := tested(t, h, closedPort())
	w := viewtest.Window(t, kit.NewPanel(theme.Background, container.NewStack()), fyne.NewSize(700, 640))
	f.dialog.Show(w.Canvas())
	viewtest.Settle(w.Canvas())
	test.AssertRendersToMarkup(t, "add.xml", w.Canvas())
	if f.do.Text() != "Add anyway" || f.test.Text() != "Test again" {
		t.Errorf("%q, %q", f.do.Text(), f.test.Text())
	}
}
