package kit

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// Label is one line of text in a face, size and token of the design, cut
// where it must be, with the whole text in a tooltip.
type Label struct {
	widget.BaseWidget
	text   string
	face   Face
	size   float32
	color  fyne.ThemeColorName
	align  fyne.TextAlign
	cut    Cut
	height float32
	shrink bool
	isCut  bool
	tip    string
}

// NewLabel makes a label of body text, 20 high.
func NewLabel(text string) *Label {
	l := &Label{text: text, size: SizeBody, color: theme.Text, height: 20}
	l.ExtendBaseWidget(l)
	return l
}

// NewMuted makes a small muted label.
func NewMuted(text string) *Label { return NewLabel(text).Sized(SizeSmall).Color(theme.Muted) }

// NewSmall makes a small label of secondary text: the status bar.
func NewSmall(text string) *Label { return NewLabel(text).Sized(SizeSmall).Color(theme.Text2) }

// NewHeading makes the heading of a screen.
func NewHeading(text string) *Label { return NewLabel(text).Sized(SizeScreen).Face(Bold).High(24) }

// Face sets the face. Mono sets the size 12 too.
func (l *Label) Face(f Face) *Label {
	l.face = f
	if f == Mono && l.size == SizeBody {
		l.size = SizeSmall
	}
	l.Refresh()
	return l
}

// Sized sets the text size.
func (l *Label) Sized(s float32) *Label { l.size = s; l.Refresh(); return l }

// Color sets the token.
func (l *Label) Color(c fyne.ThemeColorName) *Label { l.color = c; l.Refresh(); return l }

// High sets the height of the line.
func (l *Label) High(h float32) *Label { l.height = h; l.Refresh(); return l }

// Align sets the alignment.
func (l *Label) Align(a fyne.TextAlign) *Label { l.align = a; l.Refresh(); return l }

// Cut lets the label be narrower than its text.
func (l *Label) Cut(c Cut) *Label { l.cut, l.shrink = c, true; l.Refresh(); return l }

// Tip sets a tooltip that tells more than the text; without one a text that is
// cut shows whole.
func (l *Label) Tip(s string) *Label { l.tip = s; return l }

// Text is the whole text.
func (l *Label) Text() string { return l.text }

// SetText changes the text.
func (l *Label) SetText(s string) {
	if l.text != s {
		l.text = s
		l.Refresh()
	}
}

// MouseIn is Fyne's.
func (l *Label) MouseIn(ev *desktop.MouseEvent) {
	switch {
	case l.tip != "":
		showTip(l, l.tip, ev.AbsolutePosition)
	case l.isCut:
		showTip(l, l.text, ev.AbsolutePosition)
	}
}

// MouseMoved is Fyne's.
func (l *Label) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is Fyne's.
func (l *Label) MouseOut() { hideTip(l) }

// wide is the width of the whole text.
func (l *Label) wide() float32 { return ceil(measure(Shorten(l.text), l.size, l.face)) }

// CreateRenderer is Fyne's.
func (l *Label) CreateRenderer() fyne.WidgetRenderer {
	t := newLine("", l.size, l.face, l.color)
	b := &brush{owner: l, objects: objects(t)}
	b.min = func() fyne.Size {
		w := float32(24)
		if !l.shrink {
			w = l.wide()
		}
		return fyne.NewSize(w, l.height)
	}
	b.layout = func(s fyne.Size) {
		t.t.TextSize, t.t.Alignment = l.size, l.align
		text := Shorten(l.text)
		l.isCut = false
		if l.shrink {
			text, l.isCut = fit(l.text, s.Width, l.size, l.face, l.cut)
		}
		t.set(text, l.face, l.color)
		t.place(0, 0, s.Width, s.Height)
	}
	b.refresh = func() {
		t.color = ""
		b.layout(l.Size())
	}
	return b
}

// Run is a piece of a Paragraph.
type Run struct {
	Text  string
	Face  Face
	Color fyne.ThemeColorName // Text's own if empty
}

// Paragraph is text that wraps at words, in lines 20 high, with runs in
// several faces.
type Paragraph struct {
	widget.BaseWidget
	runs   []Run
	color  fyne.ThemeColorName
	size   float32
	pitch  float32
	align  fyne.TextAlign
	width  float32
	narrow float32
}

// NewParagraph makes a paragraph of one run.
func NewParagraph(text string) *Paragraph { return NewRuns(Run{Text: text}) }

// NewRuns makes a paragraph of several runs. A run may hold "\n".
func NewRuns(runs ...Run) *Paragraph {
	p := &Paragraph{runs: runs, color: theme.Text, size: SizeBody, pitch: 20, narrow: 96}
	p.ExtendBaseWidget(p)
	return p
}

// Color sets the token of runs that name none.
func (p *Paragraph) Color(c fyne.ThemeColorName) *Paragraph { p.color = c; p.Refresh(); return p }

// Align sets the alignment of each line.
func (p *Paragraph) Align(a fyne.TextAlign) *Paragraph { p.align = a; p.Refresh(); return p }

// Small sets the size 12 and lines 18 high.
func (p *Paragraph) Small() *Paragraph {
	p.size, p.pitch = SizeSmall, 18
	p.Refresh()
	return p
}

// SetText replaces the runs by one.
func (p *Paragraph) SetText(s string) { p.SetRuns(Run{Text: s}) }

// SetRuns replaces the runs.
func (p *Paragraph) SetRuns(runs ...Run) {
	p.runs = runs
	p.Refresh()
}

// HeightFor is the height at width w.
func (p *Paragraph) HeightFor(w float32) float32 {
	return float32(max(1, len(p.wrap(w)))) * p.pitch
}

// Resize wraps to the new width.
func (p *Paragraph) Resize(s fyne.Size) {
	changed := s.Width != p.width
	p.width = s.Width
	p.BaseWidget.Resize(s)
	if changed {
		p.Refresh()
	}
}

// wrap breaks the runs into lines of width w.
func (p *Paragraph) wrap(w float32) [][]Run {
	var lines [][]Run
	var cur []Run
	var x float32
	flush := func() {
		lines = append(lines, cur)
		cur, x = nil, 0
	}
	put := func(s string, r Run) {
		if n := len(cur); n > 0 && cur[n-1].Face == r.Face && cur[n-1].Color == r.Color {
			cur[n-1].Text += s
			return
		}
		cur = append(cur, Run{s, r.Face, r.Color})
	}
	for _, r := range p.runs {
		for i, part := range strings.Split(r.Text, "\n") {
			if i > 0 {
				flush()
			}
			for _, word := range strings.SplitAfter(part, " ") {
				for word != "" {
					word = p.putWord(word, r, w, &x, put, flush)
				}
			}
		}
	}
	if len(cur) > 0 || len(lines) == 0 {
		flush()
	}
	return lines
}

// putWord sets a word into the line at x and returns what is left of it: a
// word wider than a line is broken.
func (p *Paragraph) putWord(word string, r Run, w float32, x *float32, put func(string, Run), flush func()) string {
	size := p.sizeOf(r)
	bare := measureFast(strings.TrimRight(word, " "), size, r.Face)
	if *x > 0 && *x+bare > w {
		flush()
	}
	if bare <= w || w < 16 {
		put(word, r)
		*x += measureFast(word, size, r.Face)
		return ""
	}
	runes := []rune(word)
	n := 1
	for n < len(runes) && measureFast(string(runes[:n+1]), size, r.Face) <= w {
		n++
	}
	put(string(runes[:n]), r)
	flush()
	return string(runes[n:])
}

func (p *Paragraph) sizeOf(r Run) float32 {
	if r.Face == Mono {
		return p.size - 1
	}
	return p.size
}

// CreateRenderer is Fyne's.
func (p *Paragraph) CreateRenderer() fyne.WidgetRenderer {
	b := &brush{owner: p}
	b.min = func() fyne.Size {
		w := p.width
		if w == 0 {
			w = 320
		}
		return fyne.NewSize(p.narrow, p.HeightFor(w))
	}
	var texts []*line
	build := func() {
		texts = texts[:0]
		b.objects = b.objects[:0]
		for i, ln := range p.wrap(max(p.width, p.narrow)) {
			var total float32
			row := make([]*line, len(ln))
			for j, r := range ln {
				col := r.Color
				if col == "" {
					col = p.color
				}
				s := r.Text
				if j == len(ln)-1 {
					s = strings.TrimRight(s, " ")
				}
				row[j] = newLine(s, p.sizeOf(r), r.Face, col)
				total += measure(s, p.sizeOf(r), r.Face)
			}
			x := float32(0)
			switch p.align {
			case fyne.TextAlignCenter:
				x = floor((p.width - total) / 2)
			case fyne.TextAlignTrailing:
				x = p.width - total
			}
			for j, t := range row {
				w := measure(t.t.Text, p.sizeOf(ln[j]), ln[j].Face)
				t.place(x, float32(i)*p.pitch, w, p.pitch)
				x += w
				texts = append(texts, t)
				b.objects = append(b.objects, t.t)
			}
		}
	}
	build()
	b.refresh = build
	return b
}
