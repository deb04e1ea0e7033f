package kit

import (
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/views/theme"
)

// TipDelay is how long the mouse must rest before a tooltip shows.
const TipDelay = 500 * time.Millisecond

// Tips is the layer that shows tooltips above a window's content. Wrap the
// content of each window and close it with the window:
//
//	tips := kit.NewTips(window.Canvas(), content, fyne.Do)
//	window.SetContent(tips.Content())
//
// Without it widgets work and show no tooltips.
type Tips struct {
	canvas fyne.Canvas
	post   Poster
	root   *fyne.Container
	layer  *fyne.Container
	back   *box
	text   *line

	mu    sync.Mutex
	timer *time.Timer
	owner fyne.CanvasObject
}

var tipLayers sync.Map // fyne.Canvas -> *Tips

// NewTips puts a tooltip layer above content on c.
func NewTips(c fyne.Canvas, content fyne.CanvasObject, post Poster) *Tips {
	t := &Tips{canvas: c, post: post, back: newBox(theme.Text, "", 4), text: newLine("", SizeSmall, Regular, theme.Surface)}
	t.layer = container.NewWithoutLayout(objects(t.back, t.text)...)
	t.layer.Hide()
	t.root = container.NewStack(content, container.NewWithoutLayout(t.layer))
	tipLayers.Store(c, t)
	return t
}

// Content is the window's content with the layer on top.
func (t *Tips) Content() fyne.CanvasObject { return t.root }

// Close forgets the layer and stops its timer.
func (t *Tips) Close() {
	tipLayers.Delete(t.canvas)
	t.stop()
}

func (t *Tips) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	t.owner = nil
}

func (t *Tips) arm(owner fyne.CanvasObject, text string, at fyne.Position) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
	}
	t.owner = owner
	t.timer = time.AfterFunc(TipDelay, func() {
		t.post(func() {
			t.mu.Lock()
			mine := t.owner == owner
			t.mu.Unlock()
			if mine {
				t.show(text, at)
			}
		})
	})
}

// show paints the tooltip below the mouse and inside the window.
func (t *Tips) show(text string, at fyne.Position) {
	size := t.root.Size()
	cut, _ := fit(text, size.Width-32, SizeSmall, Regular, Middle)
	t.back.repaint()
	t.text.set(cut, Regular, theme.Surface)
	w, h := t.text.width()+16, float32(24)
	x := max(4, min(at.X+8, size.Width-w-4))
	y := at.Y + 18
	if y+h > size.Height-4 {
		y = at.Y - h - 6
	}
	t.back.place(0, 0, w, h)
	t.text.place(8, 0, w-16, h)
	t.layer.Resize(fyne.NewSize(w, h))
	t.layer.Move(fyne.NewPos(round(x), round(y)))
	t.layer.Show()
	t.layer.Refresh()
}

func layerOf(o fyne.CanvasObject) *Tips {
	c := canvasOf(o)
	if c == nil {
		return nil
	}
	if t, ok := tipLayers.Load(c); ok {
		return t.(*Tips)
	}
	return nil
}

// showTip shows text beside the mouse after TipDelay, unless hideTip comes
// first.
func showTip(o fyne.CanvasObject, text string, at fyne.Position) {
	if text == "" {
		return
	}
	if t := layerOf(o); t != nil {
		t.arm(o, text, at)
	}
}

func hideTip(o fyne.CanvasObject) {
	if t := layerOf(o); t != nil {
		t.stop()
		setVisible(t.layer, false)
	}
}
