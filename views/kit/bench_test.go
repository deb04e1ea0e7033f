package kit_test

import (
	"fmt"
	"runtime"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/views/body"
	"posthouse/views/kit"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// million is a source whose rows are written when asked for.
type million int

func (m million) Len() int { return int(m) }

func (m million) Row(i int) (kit.RowData, bool) {
	return kit.RowData{ID: kit.NumID(uint64(i) + 1), Cells: []kit.Cell{
		{Text: "0"},
		{Text: fmt.Sprintf("Order 4711-%d", i), Icon: "mail"},
		{Text: "18 Nov 23:57"},
		{Text: fmt.Sprintf("%d bytes", i)},
		{Text: "DESK-RONNE"},
		{Text: fmt.Sprintf("%018d", i)},
	}}, true
}

func (m million) ID(i int) (kit.RowID, bool) { return kit.NumID(uint64(i) + 1), true }

func messageGrid(src kit.Source) *kit.Grid {
	return kit.NewGrid(src,
		kit.Column{Key: "pri", Title: "Pri", Width: 44, Kind: kit.KindNumber}, kit.Column{Key: "label", Title: "Label"},
		kit.Column{Key: "sent", Title: "Sent", Width: 112, Sortable: true}, kit.Column{Key: "size", Title: "Size", Width: 76, Kind: kit.KindNumber},
		kit.Column{Key: "src", Title: "Source", Width: 112, Kind: kit.KindMuted}, kit.Column{Key: "id", Title: "Lookup ID", Width: 152, Kind: kit.KindMono})
}

func wheel(w fyne.Window, dy float32) { test.Scroll(w.Canvas(), fyne.NewPos(300, 400), 0, dy) }

// BenchmarkGridWheel is one step of the wheel (three rows) in a window of 30
// rows of 1,000,000.
func BenchmarkGridWheel(b *testing.B) {
	viewtest.NewApp(b, theme.Light)
	g := messageGrid(million(1_000_000))
	w := viewtest.Window(b, g, fyne.NewSize(1000, 868))
	for b.Loop() {
		wheel(w, -84)
	}
}

// BenchmarkGridJump shows a far part of 1,000,000 rows.
func BenchmarkGridJump(b *testing.B) {
	viewtest.NewApp(b, theme.Light)
	g := messageGrid(million(1_000_000))
	viewtest.Window(b, g, fyne.NewSize(1000, 868))
	i := 0
	for b.Loop() {
		i = (i + 314_159) % 1_000_000
		g.ScrollTo(i)
	}
}

// BenchmarkGridRefresh swaps the source: a live grid, once a second.
func BenchmarkGridRefresh(b *testing.B) {
	viewtest.NewApp(b, theme.Light)
	g := messageGrid(million(1_000_000))
	viewtest.Window(b, g, fyne.NewSize(1000, 868))
	for b.Loop() {
		g.Refresh()
	}
}

// BenchmarkGridMemory reports what a shown grid of 1,000,000 rows holds.
func BenchmarkGridMemory(b *testing.B) {
	viewtest.NewApp(b, theme.Light)
	warm := messageGrid(million(10))
	viewtest.Window(b, warm, fyne.NewSize(1000, 868)).Canvas().Capture()
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		g := messageGrid(million(1_000_000))
		viewtest.Window(b, g, fyne.NewSize(1000, 868))
		for i := range 200 {
			g.ScrollTo(i * 4999)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-min(before.HeapAlloc, after.HeapAlloc))/1024, "KB/grid")
		runtime.KeepAlive(g)
	}
}

// BenchmarkBodyShow lays out and paints a body of 4 MB in one line.
func BenchmarkBodyShow(b *testing.B) {
	viewtest.NewApp(b, theme.Light)
	data := make([]byte, 4<<20)
	for i := range data {
		data[i] = "<a b=\"\x00\x1b[31m\u202e\">"[i%17]
	}
	for _, mode := range []body.Mode{body.XML, body.JSON, body.Text, body.Hex} {
		b.Run(string(mode), func(b *testing.B) {
			v := kit.NewBodyView()
			w := viewtest.Window(b, v, fyne.NewSize(600, 600))
			for b.Loop() {
				v.SetBody(data, mode, body.Latin1)
				w.Canvas().Capture()
			}
		})
	}
}
