package body

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

const indentStep = "  "

// maxDepth bounds the indentation: deeper levels are laid out at this one.
const maxDepth = 40

// indentXML lays XML out: one element a line, an element with only text on
// one. It changes nothing but the white space between elements, and goes as
// far as it can with what is not well formed. cut: s is only the beginning.
func indentXML(s string, cut bool) (string, string) {
	fault := ""
	if !cut {
		fault = xmlFault(s)
	}
	var out strings.Builder
	out.Grow(len(s) + len(s)/2)
	depth, inline := 0, false
	newline := func() {
		if out.Len() > 0 {
			out.WriteByte('\n')
			for range min(depth, maxDepth) {
				out.WriteString(indentStep)
			}
		}
	}
	for s != "" {
		tok, kind := nextXML(s)
		s = s[len(tok):]
		switch kind {
		case xmlText:
			trimmed := strings.TrimSpace(tok)
			if trimmed == "" {
				continue
			}
			// Text right after a start tag and right before its end stays.
			if strings.HasPrefix(s, "</") && inline {
				out.WriteString(tok)
				continue
			}
			newline()
			out.WriteString(trimmed)
			inline = false
		case xmlStart:
			newline()
			out.WriteString(tok)
			depth++
			inline = true
		case xmlEnd:
			depth = max(0, depth-1)
			if !inline {
				newline()
			}
			out.WriteString(tok)
			inline = false
		default:
			newline()
			out.WriteString(tok)
			inline = false
		}
	}
	return out.String(), fault
}

type xmlKind int

const (
	xmlText xmlKind = iota
	xmlStart
	xmlEnd
	xmlEmpty
	xmlOther // comments, CDATA, declarations
)

// nextXML takes the next token off s, which is not empty.
func nextXML(s string) (string, xmlKind) {
	if s[0] != '<' {
		if i := strings.IndexByte(s, '<'); i >= 0 {
			return s[:i], xmlText
		}
		return s, xmlText
	}
	until := func(end string, kind xmlKind) (string, xmlKind) {
		if i := strings.Index(s, end); i >= 0 {
			return s[:i+len(end)], kind
		}
		return s, kind
	}
	switch {
	case strings.HasPrefix(s, "<!--"):
		return until("-->", xmlOther)
	case strings.HasPrefix(s, "<![CDATA["):
		return until("]]>", xmlOther)
	case strings.HasPrefix(s, "<?"):
		return until("?>", xmlOther)
	case strings.HasPrefix(s, "<!"):
		return until(">", xmlOther)
	case strings.HasPrefix(s, "</"):
		return until(">", xmlEnd)
	}
	var quote byte
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			if s[i-1] == '/' {
				return s[:i+1], xmlEmpty
			}
			return s[:i+1], xmlStart
		case c == '<':
			return s[:i], xmlText
		}
	}
	return s, xmlText
}

// xmlFault says why s is not well-formed XML, "" if it is.
func xmlFault(s string) string {
	dec := xml.NewDecoder(strings.NewReader(s))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	elements := 0
	for {
		t, err := dec.Token()
		switch {
		case errors.Is(err, io.EOF):
			if elements == 0 {
				return "no element"
			}
			return ""
		case err != nil:
			return strings.TrimPrefix(err.Error(), "XML syntax error ")
		}
		if _, ok := t.(xml.StartElement); ok {
			elements++
		}
	}
}

// indentJSON lays JSON out, one member a line, and goes as far as it can with
// what is not JSON. cut: s is only the beginning.
func indentJSON(s string, cut bool) (string, string) {
	fault := ""
	if !cut {
		var raw json.RawMessage
		if err := json.Unmarshal([]byte(s), &raw); err != nil {
			fault = err.Error()
		}
	}
	var out strings.Builder
	out.Grow(len(s) + len(s)/2)
	depth := 0
	newline := func() {
		out.WriteByte('\n')
		for range min(depth, maxDepth) {
			out.WriteString(indentStep)
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case ' ', '\t', '\r', '\n':
		case '{', '[':
			out.WriteByte(c)
			if j := skipSpace(s, i+1); j < len(s) && (s[j] == '}' || s[j] == ']') {
				out.WriteByte(s[j])
				i = j
				continue
			}
			depth++
			newline()
		case '}', ']':
			depth = max(0, depth-1)
			newline()
			out.WriteByte(c)
		case ',':
			out.WriteByte(c)
			newline()
		case ':':
			out.WriteString(": ")
		case '"':
			j := stringEnd(s, i)
			out.WriteString(s[i:j])
			i = j - 1
		default:
			out.WriteByte(c)
		}
	}
	return out.String(), fault
}

func skipSpace(s string, i int) int {
	for i < len(s) && strings.IndexByte(" \t\r\n", s[i]) >= 0 {
		i++
	}
	return i
}

// stringEnd is where the string that starts at s[i] ends.
func stringEnd(s string, i int) int {
	for j := i + 1; j < len(s); j++ {
		switch s[j] {
		case '\\':
			j++
		case '"':
			return j + 1
		}
	}
	return len(s)
}
