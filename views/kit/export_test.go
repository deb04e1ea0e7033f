package kit

import (
	"testing"

	"fyne.io/fyne/v2"
)

// Hold holds modifier keys down until the test ends or holds others.
func Hold(t testing.TB, m fyne.KeyModifier) {
	was := modifiers
	modifiers = func() fyne.KeyModifier { return m }
	t.Cleanup(func() { modifiers = was })
}

// Fit is fit in the body face.
func Fit(s string, w float32, cut Cut) (string, bool) { return fit(s, w, SizeBody, Regular, cut) }

// MeasureBody is the width of body text.
func MeasureBody(s string) float32 { return measure(s, SizeBody, Regular) }

// RowTop is where row i of a grid is painted in its list.
func (g *Grid) RowTop(i int) (y float32, painted bool) {
	r, ok := g.list.rows[i]
	if !ok {
		return 0, false
	}
	return r.box.Position().Y, true
}

// RowsPainted is how many rows a grid has made.
func (g *Grid) RowsPainted() int { return len(g.list.layer.Objects) }

// CellText is what is painted in the k-th shown column of row i.
func (g *Grid) CellText(i, k int) string {
	if r, ok := g.list.rows[i]; ok {
		if v := r.view.(*gridRow); k < len(v.cells) && v.cells[k].text.t.Visible() {
			return v.cells[k].text.t.Text
		}
	}
	return ""
}

// ShownTip is the tooltip a window shows.
func ShownTip(t *Tips) string {
	if !t.layer.Visible() {
		return ""
	}
	return t.text.t.Text
}

// TopOf is the offset of row i and RowAt its inverse, for a list with tall
// rows.
func TopOf(pitch, extra, count int, tall []int, i int) int64 {
	v := &vlist{pitch: pitch, extra: extra, tall: tall, count: count}
	return v.top(i)
}

// RowAt is the row at y.
func RowAt(pitch, extra, count int, tall []int, y int64) int {
	v := &vlist{pitch: pitch, extra: extra, tall: tall, count: count}
	return v.rowAt(y)
}
