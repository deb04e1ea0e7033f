// Package viewtest draws views without a display, for tests and pictures: the
// same fonts, theme and scale each time, so that pictures and markup stay the
// same from run to run.
package viewtest

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/views/kit"
	"posthouse/views/theme"
)

// EnvShots names the folder that pictures are written to.
const EnvShots = "POSTHOUSE_SHOTS"

// Variants are the variants every screen is drawn in.
var Variants = []theme.Choice{theme.Light, theme.Dark}

// Name is the word of a variant, as in the folders of pictures.
func Name(v theme.Choice) string {
	if v == theme.Dark {
		return "dark"
	}
	return "light"
}

// NewApp starts a test app in a variant that ends with the test.
func NewApp(t testing.TB, v theme.Choice) fyne.App {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(theme.New(v))
	return app
}

// Window shows a view in a window without a display, without padding. The
// window closes with the test.
func Window(t testing.TB, view fyne.CanvasObject, size fyne.Size) fyne.Window {
	t.Helper()
	w := test.NewTempWindow(t, nil)
	w.SetPadded(false)
	w.SetContent(view)
	w.Resize(size)
	return w
}

// Shot draws a view in a variant. If POSTHOUSE_SHOTS is set it writes the
// picture to light/NAME.png or dark/NAME.png there.
func Shot(t testing.TB, name string, view fyne.CanvasObject, size fyne.Size, v theme.Choice) image.Image {
	t.Helper()
	w := Window(t, view, size)
	return ShotOf(t, name, w.Canvas(), v)
}

// ShotOf draws what a window shows now, dialogs included.
func ShotOf(t testing.TB, name string, c fyne.Canvas, v theme.Choice) image.Image {
	t.Helper()
	Settle(c)
	img := c.Capture()
	Write(t, name, img, v)
	return img
}

// Settle lays everything out again, as a window does in the frame after
// something inside it changed its least size; the canvas of tests does not.
func Settle(c fyne.Canvas) {
	// Twice: text that wraps knows its height after it has its width.
	for range 2 {
		settle(c.Content())
		for _, o := range c.Overlays().List() {
			settle(o)
		}
	}
}

func settle(o fyne.CanvasObject) {
	if o == nil || !o.Visible() {
		return
	}
	switch o := o.(type) {
	case *fyne.Container:
		if o.Layout != nil {
			o.Layout.Layout(o.Objects, o.Size())
		}
		for _, child := range o.Objects {
			settle(child)
		}
	case fyne.Widget:
		r := test.WidgetRenderer(o)
		r.Layout(o.Size())
		for _, child := range r.Objects() {
			settle(child)
		}
	}
}

// Write writes a picture if POSTHOUSE_SHOTS is set.
func Write(t testing.TB, name string, img image.Image, v theme.Choice) {
	t.Helper()
	dir := os.Getenv(EnvShots)
	if dir == "" {
		return
	}
	dir = filepath.Join(dir, Name(v))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// Queue is a Poster for tests: functions wait until Drain runs them on the
// test's goroutine. Post may be called from any goroutine.
type Queue struct {
	posted chan func()
}

// NewQueue makes an empty queue.
func NewQueue() *Queue { return &Queue{posted: make(chan func(), 4096)} }

// Post is the Poster.
func (q *Queue) Post(f func()) { q.posted <- f }

// Poster is Post as the type presenters take.
func (q *Queue) Poster() kit.Poster { return q.Post }

// Drain runs what was posted, and what that posts, until nothing is left.
func (q *Queue) Drain() int {
	n := 0
	for {
		select {
		case f := <-q.posted:
			f()
			n++
		default:
			return n
		}
	}
}

// Wait runs what is posted until done says so. It is for work that another
// goroutine posts; a test that never gets there ends by its own deadline.
func (q *Queue) Wait(t testing.TB, done func() bool) {
	t.Helper()
	for !done() {
		select {
		case f := <-q.posted:
			f()
		case <-t.Context().Done():
			t.Fatal("the work did not come to its end")
		}
	}
}
