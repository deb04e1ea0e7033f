package body

import "strings"

// The two scanners here are our own because a general highlighter (chroma
// 2.27) takes 0.3 s for 64 KB of XML and 1.2 s for JSON, and a body must show
// within 0.1 s. They colour anything, well formed or not.

// colourXML writes XML text in spans.
func colourXML(w *writer, s string) {
	for s != "" {
		tok, kind := nextXML(s)
		s = s[len(tok):]
		switch {
		case kind == xmlStart || kind == xmlEmpty:
			colourTag(w, tok)
		case kind == xmlEnd:
			w.write(tok, Tag)
		case kind == xmlOther && strings.HasPrefix(tok, "<![CDATA["):
			w.write("<![CDATA[", Comment)
			inner, end := strings.CutSuffix(tok[len("<![CDATA["):], "]]>")
			w.write(inner, Plain)
			if end {
				w.write("]]>", Comment)
			}
		case kind == xmlOther:
			w.write(tok, Comment)
		default:
			w.write(tok, Plain)
		}
	}
}

const xmlSpace = " \t\r\n"

// colourTag writes a whole start tag: its name, and each attribute's name and
// value.
func colourTag(w *writer, tok string) {
	end := ">"
	if strings.HasSuffix(tok, "/>") {
		end = "/>"
	}
	in := strings.TrimSuffix(tok, end)
	name := in
	if i := strings.IndexAny(in, xmlSpace); i >= 0 {
		name = in[:i]
	}
	w.write(name, Tag)
	in = in[len(name):]
	for in != "" {
		switch c := in[0]; {
		case strings.IndexByte(xmlSpace+"=", c) >= 0:
			w.write(in[:1], Plain)
			in = in[1:]
		case c == '"' || c == '\'':
			n := len(in)
			if i := strings.IndexByte(in[1:], c); i >= 0 {
				n = i + 2
			}
			w.write(in[:n], Value)
			in = in[n:]
		default:
			n := strings.IndexAny(in, xmlSpace+"=\"'")
			if n < 0 {
				n = len(in)
			}
			w.write(in[:n], Attr)
			in = in[n:]
		}
	}
	w.write(end, Tag)
}

// colourJSON writes JSON text in spans: a string before a colon is a key.
func colourJSON(w *writer, s string) {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '"':
			j := stringEnd(s, i)
			kind := Value
			if k := skipSpace(s, j); k < len(s) && s[k] == ':' {
				kind = Tag
			}
			w.write(s[i:j], kind)
			i = j
		case c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z':
			j := i + 1
			for j < len(s) && strings.IndexByte(" \t\r\n,]}:[{\"", s[j]) < 0 {
				j++
			}
			w.write(s[i:j], Attr)
			i = j
		default:
			j := i + 1
			for j < len(s) && s[j] != '"' && s[j] != '-' && (s[j] < '0' || s[j] > '9') && (s[j] < 'a' || s[j] > 'z') {
				j++
			}
			w.write(s[i:j], Plain)
			i = j
		}
	}
}
