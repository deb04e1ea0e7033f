package kit

import (
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// KeyHandler takes a key that no widget used and reports whether it did.
type KeyHandler func(*fyne.KeyEvent) bool

var keyHandlers = struct {
	sync.Mutex
	byCanvas  map[fyne.Canvas]KeyHandler
	byOverlay map[fyne.CanvasObject]KeyHandler
	shortcuts map[fyne.Canvas]func(fyne.Shortcut) bool
}{
	byCanvas:  map[fyne.Canvas]KeyHandler{},
	byOverlay: map[fyne.CanvasObject]KeyHandler{},
	shortcuts: map[fyne.Canvas]func(fyne.Shortcut) bool{},
}

// HandleKeys gives a window's unused keys to h, whatever of ours has the
// focus: F5, Del and the like never arrive at the canvas while a widget is
// focused. It replaces the canvas's own typed key function. A nil h ends it.
func HandleKeys(c fyne.Canvas, h KeyHandler) {
	keyHandlers.Lock()
	defer keyHandlers.Unlock()
	if h == nil {
		delete(keyHandlers.byCanvas, c)
		c.SetOnTypedKey(nil)
		return
	}
	keyHandlers.byCanvas[c] = h
	c.SetOnTypedKey(func(ev *fyne.KeyEvent) { dispatch(c, ev) })
}

// handleOverlayKeys gives the unused keys to h while overlay is on top.
func handleOverlayKeys(overlay fyne.CanvasObject, h KeyHandler) {
	keyHandlers.Lock()
	defer keyHandlers.Unlock()
	if h == nil {
		delete(keyHandlers.byOverlay, overlay)
		return
	}
	keyHandlers.byOverlay[overlay] = h
}

// bubble hands a key on that the widget did not use: to the dialog on top,
// else to the window.
func bubble(o fyne.CanvasObject, ev *fyne.KeyEvent) {
	if c := canvasOf(o); c != nil {
		dispatch(c, ev)
	}
}

func dispatch(c fyne.Canvas, ev *fyne.KeyEvent) {
	keyHandlers.Lock()
	var h KeyHandler
	if top := c.Overlays().Top(); top != nil {
		h = keyHandlers.byOverlay[top]
	} else {
		h = keyHandlers.byCanvas[c]
	}
	keyHandlers.Unlock()
	if h != nil {
		h(ev)
	}
}

// HandleShortcuts gives a window's unused shortcuts to h, whatever of ours has
// the focus, before those added to the canvas. A nil h ends it.
func HandleShortcuts(c fyne.Canvas, h func(fyne.Shortcut) bool) {
	keyHandlers.Lock()
	defer keyHandlers.Unlock()
	if h == nil {
		delete(keyHandlers.shortcuts, c)
		return
	}
	keyHandlers.shortcuts[c] = h
}

// forward hands a shortcut on that the widget does not use: Fyne gives the
// window's own shortcuts to the window only when no widget takes shortcuts.
func forward(o fyne.CanvasObject, s fyne.Shortcut) {
	keyHandlers.Lock()
	h := keyHandlers.shortcuts[canvasOf(o)]
	keyHandlers.Unlock()
	if h != nil && h(s) {
		return
	}
	if c, ok := canvasOf(o).(fyne.Shortcutable); ok {
		c.TypedShortcut(s)
	}
}

func canvasOf(o fyne.CanvasObject) fyne.Canvas {
	app := fyne.CurrentApp()
	if app == nil {
		return nil
	}
	return app.Driver().CanvasForObject(o)
}

// modifiers says which modifier keys are held, where the driver knows. Tests
// put their own hands on the keyboard.
var modifiers = func() fyne.KeyModifier {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		return d.CurrentKeyModifiers()
	}
	return 0
}
