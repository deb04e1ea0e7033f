package kit

import "posthouse/views/theme"

// countdownWidth is how wide the meter of a KindCountdown cell is.
const countdownWidth = 56

// paintCountdown paints a meter of what is left and words beside it.
func (r *gridRow) paintCountdown(c *gridCell, cell *Cell, x, w, h float32) {
	if c.bar == nil {
		c.bar = newBar()
		r.arrange()
	}
	col, face, ink := cell.Color, Medium, cell.Color
	if col == "" {
		col, face, ink = theme.BorderStrong, Regular, theme.Text
	}
	c.bar.set(col)
	c.bar.show(true)
	c.bar.place(x, floor((h-6)/2), countdownWidth, cell.Part)
	room := max(0, w-countdownWidth-8)
	text, cut := fit(cell.Text, room, SizeBody, face, End)
	r.cut[len(r.cut)-1] = cut
	c.text.t.TextSize = SizeBody
	c.text.set(text, face, ink)
	c.text.place(x+countdownWidth+8, 0, room, h)
	c.text.t.Show()
}
