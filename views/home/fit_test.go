package home

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// The panes beside the sidebar of a window 1024 wide, and of the smallest,
// where the sidebar is folded.
var narrow = []float32{760, 712}

func TestEverythingFitsInANarrowWindow(t *testing.T) {
	for _, width := range narrow {
		viewtest.NewApp(t, theme.Light)
		h := screentest.New(t, fake.Sample())
		v := New(h).(*View)
		w := viewtest.Window(t, v.Content(), fyne.NewSize(width, 700))
		v.Enter(h.Scope().Sub(), screen.Route{Screen: screen.Home})
		h.Until(t, "what needs attention", func() bool { return len(v.p.Attention()) > 1 && len(v.list.Objects) > 1 })
		v.showAttention([]Attention{{
			Icon: "dead-letter", Tone: kit.Warning, Since: h.Now().Add(-72 * time.Hour), Do: "Review 1,214",
			Bold: "1,214 transactional messages died on HUB-CPH01, most because they were not delivered in time.",
			Text: `All were going to WMS-ODN01\private$\stock.moves.v2`, Run: func() {},
		}})
		viewtest.ShotOf(t, "home-narrow", w.Canvas(), theme.Light)
		if m := v.Content().MinSize().Width; m > 712 {
			t.Errorf("the screen is at least %v wide", m)
		}
		buttons := 0
		for i, o := range v.list.Objects {
			if m := o.MinSize().Width; m > width {
				t.Errorf("row %d is at least %v wide, the pane %v", i, m, width)
			}
			for _, b := range test.LaidOutObjects(o) {
				if b, ok := b.(*kit.Button); ok {
					buttons++
					at := fyne.CurrentApp().Driver().AbsolutePositionForObject(b)
					if right := at.X + b.Size().Width; right > width-16 {
						t.Errorf("the button %q ends at %v of %v", b.Text(), right, width)
					}
				}
			}
		}
		if buttons != 1 {
			t.Errorf("%d buttons are seen", buttons)
		}
	}
}
