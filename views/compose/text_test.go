package compose

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTypingAndBreakingLines(t *testing.T) {
	x := newText("  <a>\n</a>")
	x.goTo(pos{0, 5}, false)
	x.newline()
	x.insert("b", true)
	x.insert("ø", true)
	if got, want := x.String(), "  <a>\n  bø\n</a>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if x.size != len(x.String()) {
		t.Errorf("size %d of %d bytes", x.size, len(x.String()))
	}
	x.undo()
	if got := x.String(); got != "  <a>\n  \n</a>" {
		t.Errorf("typed characters are undone together: got %q", got)
	}
	x.undo()
	x.redo()
	x.redo()
	if got := x.String(); got != "  <a>\n  bø\n</a>" {
		t.Errorf("redo: got %q", got)
	}
}

func TestSelectingAndErasing(t *testing.T) {
	x := newText("one two\nthree")
	x.goTo(pos{0, 4}, false)
	x.goTo(pos{1, 2}, true)
	if got := x.selected(); got != "two\nth" {
		t.Errorf("selected %q", got)
	}
	x.erase(func() {})
	if got := x.String(); got != "one ree" {
		t.Errorf("got %q", got)
	}
	x.erase(x.wordLeft)
	if got := x.String(); got != "ree" {
		t.Errorf("a word back: got %q", got)
	}
	x.erase(x.left)
	if got := x.String(); got != "ree" || x.cur != (pos{}) {
		t.Errorf("nothing is before the beginning: got %q at %v", got, x.cur)
	}
	x.selectAll()
	x.insert("a\r\nb\rc", false)
	if got := x.String(); got != "a\nb\nc" {
		t.Errorf("got %q", got)
	}
}

func TestTheCursorKeepsItsColumn(t *testing.T) {
	x := newText("long line\nab\nlong line")
	x.goTo(pos{0, 7}, false)
	x.down(1)
	if x.cur != (pos{1, 2}) {
		t.Errorf("got %v", x.cur)
	}
	x.down(1)
	if x.cur != (pos{2, 7}) {
		t.Errorf("got %v", x.cur)
	}
	x.down(9)
	if x.cur != (pos{2, 9}) {
		t.Errorf("past the end: got %v", x.cur)
	}
}

func TestTheEditorTakesNoMoreThanItsLimit(t *testing.T) {
	x := newText("")
	if !x.insert(strings.Repeat("x", editLimit), false) || x.insert("y", true) {
		t.Error("the limit is not kept")
	}
	x.selectAll()
	if !x.insert("y", true) || x.String() != "y" {
		t.Error("what replaces a long text is not taken")
	}
}

// Whatever is done, the text is what a string would be, and undoing everything
// gives the beginning.
func TestTextIsAStringThatCanBeUndone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.StringMatching(`[a-cø\n ]{0,20}`).Draw(t, "start")
		x := newText(start)
		for range rapid.IntRange(0, 20).Draw(t, "steps") {
			at := func(name string) pos {
				l := rapid.IntRange(0, len(x.lines)-1).Draw(t, name+" line")
				return pos{l, rapid.IntRange(0, len(x.lines[l])).Draw(t, name+" column")}
			}
			x.goTo(at("anchor"), false)
			x.goTo(at("cursor"), true)
			before := x.String()
			from, to := x.selection()
			i, k := offset(x, from), offset(x, to)
			add := rapid.StringMatching(`[xy\n]{0,4}`).Draw(t, "text")
			x.insert(add, false)
			if want := before[:i] + add + before[k:]; x.String() != want || x.size != len(want) || offset(x, x.cur) != i+len(add) {
				t.Fatalf("got %q at %d, want %q at %d", x.String(), offset(x, x.cur), want, i+len(add))
			}
		}
		for x.undo() {
		}
		if x.String() != start {
			t.Fatalf("undone to %q, want %q", x.String(), start)
		}
	})
}

// offset is a place as a number of bytes.
func offset(x *text, p pos) int {
	n := p.line
	for _, l := range x.lines[:p.line] {
		n += len(string(l))
	}
	return n + len(string(x.lines[p.line][:p.col]))
}
