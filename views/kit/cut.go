package kit

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Cut says where a text too long for its place is cut.
type Cut int

// End is for labels, Middle for ids and paths, whose ends tell them apart.
const (
	End Cut = iota
	Middle
)

// maxRunes bounds what is ever handed to the painter: a longer text has no
// place on a screen and would exceed the size of a texture.
const maxRunes = 256

// Shorten makes s safe to paint in one line: at most 256 runes, no control
// characters (they become their visible pictures), no broken UTF-8.
func Shorten(s string) string {
	clean := len(s) <= maxRunes
	if clean {
		for i := 0; i < len(s); i++ {
			if s[i] < 0x20 || s[i] >= 0x7F {
				clean = false
				break
			}
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == maxRunes {
			b.WriteRune('…')
			break
		}
		b.WriteRune(visible(r))
		n++
	}
	return b.String()
}

// visible is the rune painted for r: control characters as their pictures,
// marks that would turn or hide text (bidi controls, zero widths) as a dot.
func visible(r rune) rune {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return ' '
	case r < 0x20:
		return 0x2400 + r
	case r == 0x7F:
		return 0x2421
	case r == utf8.RuneError:
		return 0xFFFD
	case r >= 0x80 && r < 0xA0, unicode.Is(unicode.Cf, r):
		return '·'
	}
	return r
}

// fit cuts s to width w and reports whether it had to.
func fit(s string, w, size float32, face Face, cut Cut) (string, bool) {
	s = Shorten(s)
	if s == "" || w <= 0 {
		return "", s != ""
	}
	full := measureFast(s, size, face)
	if full <= w {
		return s, false
	}
	if measure(s, size, face) <= w {
		return s, false
	}
	if cut == Middle {
		if c, ok := fitGUID(s, w, size, face); ok {
			return c, true
		}
		// Every path to a private queue has this in it: it tells nothing.
		if c := strings.Replace(s, `\private$\`, `\…\`, 1); c != s && measureFast(c, size, face) <= w {
			return c, true
		}
	}
	runes := []rune(s)
	lo, hi := 0, len(runes)-1
	best := "…"
	for lo <= hi {
		mid := (lo + hi) / 2
		c := cutTo(runes, mid, cut)
		if measureFast(c, size, face) <= w {
			best, lo = c, mid+1
		} else {
			hi = mid - 1
		}
	}
	return best, true
}

var guidInside = regexp.MustCompile(`[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}`)

// fitGUID cuts a text with a GUID between the GUID's groups, as in
// {6f1c2d80-51aa-…-7c0a2f1e88b4}\20961.
func fitGUID(s string, w, size float32, face Face) (string, bool) {
	at := guidInside.FindStringIndex(s)
	if at == nil {
		return "", false
	}
	const firstGroups, lastGroup = 14, 23 // "6f1c2d80-51aa-", "-7c0a2f1e88b4"
	for _, keep := range []int{firstGroups + 5, firstGroups, 9} {
		c := s[:at[0]+keep] + "…" + s[at[0]+lastGroup:]
		if measureFast(c, size, face) <= w {
			return c, true
		}
	}
	return "", false
}

// cutTo keeps n runes of s.
func cutTo(s []rune, n int, cut Cut) string {
	if cut == Middle {
		head := (n + 1) / 2
		return string(s[:head]) + "…" + string(s[len(s)-(n-head):])
	}
	return strings.TrimRight(string(s[:n]), " ") + "…"
}

type advanceKey struct {
	r    rune
	size float32
	face Face
}

var advances = map[advanceKey]float32{}

// measureFast adds the widths of single runes: within a fraction of a unit of
// the shaped width (kerning), and cheap enough for every cell of a grid.
func measureFast(s string, size float32, face Face) float32 {
	var w float32
	for _, r := range s {
		k := advanceKey{r, size, face}
		a, ok := advances[k]
		if !ok {
			if len(advances) > 20000 {
				clear(advances)
			}
			a = measure(string(r), size, face)
			advances[k] = a
		}
		w += a
	}
	return w
}
