package form

import (
	"fmt"
	"strings"
)

// Problem is what is wrong in the file of a form, where, and how to mend it.
type Problem struct {
	File         string
	Line, Column int // from 1; 0: the file as a whole
	What, Fix    string
}

// Where is the place in the file.
func (p Problem) Where() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s, line %d, column %d", p.File, p.Line, p.Column)
}

// Error is everything in one line, as compilers write it.
func (p Problem) Error() string {
	s := p.File
	if p.Line > 0 {
		s = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
	s += ": " + p.What + "."
	if p.Fix != "" {
		s += " " + strings.ToUpper(p.Fix[:1]) + p.Fix[1:] + "."
	}
	return s
}

// meant suggests the word that was probably meant, else says otherwise.
func meant(word string, words []string, otherwise string) string {
	best, least := "", min(3, len(word)/2+1)
	for _, w := range words {
		if d := distance(strings.ToLower(word), strings.ToLower(w)); d < least {
			best, least = w, d
		}
	}
	if best == "" {
		return otherwise
	}
	return "write “" + best + "” if you meant that"
}

// distance is how many letters have to be changed, added or taken out.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost = 1 + min(before, row[j], row[j+1])
			}
			before, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
