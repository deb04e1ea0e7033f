package compose

import (
	"strings"
	"unicode"
)

// editLimit is how many bytes of text the editor holds.
const editLimit = 64 << 10

// pos is a place in a text: line and column, from 0.
type pos struct{ line, col int }

func (p pos) before(q pos) bool { return p.line < q.line || p.line == q.line && p.col < q.col }

// text is what is being edited. The cursor is one end of the selection, the
// anchor the other.
type text struct {
	lines  [][]rune
	cur    pos
	anchor pos
	want   int // column to keep while going up and down
	size   int // bytes as UTF-8, line ends included

	undos, redos []saved
	typing       bool // the last change was a typed character: undone with those before it
}

type saved struct {
	text        string
	cur, anchor pos
}

// undoLimit is how many steps can be undone.
const undoLimit = 100

func newText(s string) *text {
	t := &text{}
	t.put(s)
	return t
}

// put replaces everything, without undo.
func (t *text) put(s string) {
	t.lines = nil
	for _, l := range strings.Split(s, "\n") {
		t.lines = append(t.lines, []rune(strings.TrimSuffix(l, "\r")))
	}
	t.cur, t.anchor, t.want, t.typing = pos{}, pos{}, 0, false
	t.measure()
}

func (t *text) measure() {
	t.size = len(t.lines) - 1
	for _, l := range t.lines {
		t.size += len(string(l))
	}
}

// set replaces everything and can be undone.
func (t *text) set(s string) {
	t.save(false)
	t.put(s)
}

// String is the text with line feeds between lines.
func (t *text) String() string {
	var b strings.Builder
	b.Grow(t.size)
	for i, l := range t.lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(string(l))
	}
	return b.String()
}

func (t *text) save(typing bool) {
	if typing && t.typing && len(t.undos) > 0 {
		return
	}
	t.typing = typing
	t.undos = append(t.undos, saved{t.String(), t.cur, t.anchor})
	if len(t.undos) > undoLimit {
		t.undos = t.undos[1:]
	}
	t.redos = nil
}

// undo takes the last change back; redo makes it again.
func (t *text) undo() bool { return t.swap(&t.undos, &t.redos) }
func (t *text) redo() bool { return t.swap(&t.redos, &t.undos) }

func (t *text) swap(from, to *[]saved) bool {
	n := len(*from)
	if n == 0 {
		return false
	}
	s := (*from)[n-1]
	*from = (*from)[:n-1]
	*to = append(*to, saved{t.String(), t.cur, t.anchor})
	t.put(s.text)
	t.cur, t.anchor = s.cur, s.anchor
	return true
}

// selection is its ends in order; empty when they are the same.
func (t *text) selection() (from, to pos) {
	if t.cur.before(t.anchor) {
		return t.cur, t.anchor
	}
	return t.anchor, t.cur
}

func (t *text) selected() string {
	from, to := t.selection()
	if from.line == to.line {
		return string(t.lines[from.line][from.col:to.col])
	}
	var b strings.Builder
	b.WriteString(string(t.lines[from.line][from.col:]))
	for i := from.line + 1; i < to.line; i++ {
		b.WriteByte('\n')
		b.WriteString(string(t.lines[i]))
	}
	b.WriteByte('\n')
	b.WriteString(string(t.lines[to.line][:to.col]))
	return b.String()
}

// remove takes the selection out.
func (t *text) remove() {
	from, to := t.selection()
	head, tail := t.lines[from.line][:from.col], t.lines[to.line][to.col:]
	joined := append(append([]rune{}, head...), tail...)
	t.lines = append(t.lines[:from.line+1], t.lines[to.line+1:]...)
	t.lines[from.line] = joined
	t.cur, t.anchor, t.want = from, from, from.col
}

// insert puts s in place of the selection; false: it would be more than the
// limit, and nothing changed.
func (t *text) insert(s string, typing bool) bool {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	if t.size-len(t.selected())+len(s) > editLimit {
		return false
	}
	t.save(typing)
	t.remove()
	parts := strings.Split(s, "\n")
	line := t.lines[t.cur.line]
	tail := append([]rune{}, line[t.cur.col:]...)
	t.lines[t.cur.line] = append(append([]rune{}, line[:t.cur.col]...), []rune(parts[0])...)
	if n := len(parts) - 1; n > 0 {
		rest := make([][]rune, 0, len(t.lines)+n)
		rest = append(rest, t.lines[:t.cur.line+1]...)
		for _, p := range parts[1:] {
			rest = append(rest, []rune(p))
		}
		t.lines = append(rest, t.lines[t.cur.line+1:]...)
		t.cur.line += n
		t.cur.col = 0
	}
	t.cur.col = len(t.lines[t.cur.line])
	t.lines[t.cur.line] = append(t.lines[t.cur.line], tail...)
	t.anchor, t.want = t.cur, t.cur.col
	t.measure()
	return true
}

// newline breaks the line and keeps its indentation.
func (t *text) newline() bool {
	from, _ := t.selection()
	indent := ""
	for _, r := range t.lines[from.line][:from.col] {
		if r != ' ' && r != '\t' {
			break
		}
		indent += string(r)
	}
	return t.insert("\n"+indent, false)
}

// erase takes out the selection, or what step reaches from the cursor.
func (t *text) erase(step func()) {
	if t.cur == t.anchor {
		at := t.cur
		step()
		t.anchor = at
	}
	if t.cur == t.anchor {
		return
	}
	cur, anchor := t.cur, t.anchor
	t.save(false)
	t.cur, t.anchor = cur, anchor
	t.remove()
	t.measure()
}

// selectAll selects everything.
func (t *text) selectAll() {
	t.anchor = pos{}
	last := len(t.lines) - 1
	t.cur = pos{last, len(t.lines[last])}
}

// goTo moves the cursor; keep leaves the anchor where it is.
func (t *text) goTo(p pos, keep bool) {
	p.line = max(0, min(p.line, len(t.lines)-1))
	p.col = max(0, min(p.col, len(t.lines[p.line])))
	t.cur, t.want, t.typing = p, p.col, false
	if !keep {
		t.anchor = p
	}
}

// The steps of the cursor.
func (t *text) left() {
	switch {
	case t.cur.col > 0:
		t.cur.col--
	case t.cur.line > 0:
		t.cur.line--
		t.cur.col = len(t.lines[t.cur.line])
	}
	t.want = t.cur.col
}

func (t *text) right() {
	switch {
	case t.cur.col < len(t.lines[t.cur.line]):
		t.cur.col++
	case t.cur.line < len(t.lines)-1:
		t.cur = pos{t.cur.line + 1, 0}
	}
	t.want = t.cur.col
}

func (t *text) wordLeft() {
	if t.cur.col == 0 {
		t.left()
		return
	}
	l := t.lines[t.cur.line]
	for t.cur.col > 0 && !inWord(l[t.cur.col-1]) {
		t.cur.col--
	}
	for t.cur.col > 0 && inWord(l[t.cur.col-1]) {
		t.cur.col--
	}
	t.want = t.cur.col
}

func (t *text) wordRight() {
	l := t.lines[t.cur.line]
	if t.cur.col == len(l) {
		t.right()
		return
	}
	for t.cur.col < len(l) && inWord(l[t.cur.col]) {
		t.cur.col++
	}
	for t.cur.col < len(l) && !inWord(l[t.cur.col]) {
		t.cur.col++
	}
	t.want = t.cur.col
}

// word selects the word at the cursor.
func (t *text) word() {
	l := t.lines[t.cur.line]
	from, to := t.cur.col, t.cur.col
	for from > 0 && inWord(l[from-1]) {
		from--
	}
	for to < len(l) && inWord(l[to]) {
		to++
	}
	t.anchor, t.cur = pos{t.cur.line, from}, pos{t.cur.line, to}
}

func inWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// down moves by n lines; up is negative.
func (t *text) down(n int) {
	want := t.want
	t.cur.line += n
	switch {
	case t.cur.line < 0:
		t.cur = pos{}
		want = 0
	case t.cur.line >= len(t.lines):
		t.cur.line = len(t.lines) - 1
		t.cur.col = len(t.lines[t.cur.line])
		want = t.cur.col
	default:
		t.cur.col = min(want, len(t.lines[t.cur.line]))
	}
	t.want = want
}

// home goes to the first character that is not a space, then to the margin.
func (t *text) home() {
	first := 0
	for _, r := range t.lines[t.cur.line] {
		if r != ' ' && r != '\t' {
			break
		}
		first++
	}
	if t.cur.col == first {
		first = 0
	}
	t.cur.col, t.want = first, first
}

func (t *text) end() { t.cur.col = len(t.lines[t.cur.line]); t.want = t.cur.col }
