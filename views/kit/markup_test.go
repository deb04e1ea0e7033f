package kit_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"posthouse/views/body"
	"posthouse/views/kit"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// The structure of each widget as reviewable text: what is painted, where and
// in which colour.
func TestWidgetsKeepTheirStructure(t *testing.T) {
	views := map[string]struct {
		make func() fyne.CanvasObject
		size fyne.Size
	}{
		"buttons": {func() fyne.CanvasObject { return container.NewWithoutLayout(buttons()) }, fyne.NewSize(500, 360)},
		"grid":    {func() fyne.CanvasObject { return gridPanel(t) }, fyne.NewSize(460, 190)},
		"sidebar": {sidebar, fyne.NewSize(264, 700)},
		"notes":   {func() fyne.CanvasObject { return container.NewWithoutLayout(notes()) }, fyne.NewSize(1420, 600)},
		"meters":  {func() fyne.CanvasObject { return container.NewWithoutLayout(meters()) }, fyne.NewSize(1420, 880)},
		"dialog":  {func() fyne.CanvasObject { return purgeDialog().Frame() }, fyne.NewSize(512, 360)},
		"dead-letters": {func() fyne.CanvasObject {
			view, _ := deadSheet()
			return view
		}, fyne.NewSize(776, 420)},
		"facts": {func() fyne.CanvasObject {
			return kit.NewKeyValue(112, kit.Pair{Key: "Class", Value: "Normal message"}, kit.Pair{Key: "Arrived", Value: "19 Nov 2026 00:03:33", Tail: "1 s later"})
		}, fyne.NewSize(320, 60)},
		"body": {func() fyne.CanvasObject {
			v := kit.NewBodyView()
			v.SetBody([]byte(orderXML), body.XML, body.UTF8)
			return v
		}, fyne.NewSize(400, 330)},
		"empty": {func() fyne.CanvasObject {
			return kit.NewEmptyState("inbox", "orders.replies is empty", "New messages show up here by themselves. 1,902 copies are in its journal.", kit.NewButton("Send a message", "send", nil))
		}, fyne.NewSize(448, 260)},
	}
	for name, v := range views {
		t.Run(name, func(t *testing.T) {
			viewtest.NewApp(t, theme.Light)
			w := viewtest.Window(t, v.make(), v.size)
			test.AssertRendersToMarkup(t, name+".xml", w.Canvas())
		})
	}
}
