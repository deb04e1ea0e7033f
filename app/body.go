package app

import (
	"encoding/hex"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"posthouse/mgmtclient"
)

// bodyText shows a body to a person: as text where it is text, else in
// hexadecimal. It ends with a newline unless it is empty.
func bodyText(m mgmtclient.Message) string {
	if len(m.Body) == 0 {
		return ""
	}
	text, ok := decodeText(m.BodyType, m.Body)
	if !ok {
		return cut(hex.Dump(m.Body), m)
	}
	lines := strings.Split(strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\r\n", "\n"), "\n")
	for i, l := range lines {
		parts := strings.Split(l, "\t")
		for j, part := range parts {
			parts[j] = clean(part)
		}
		lines[i] = strings.Join(parts, "\t")
	}
	return cut(strings.Join(lines, "\n")+"\n", m)
}

func cut(text string, m mgmtclient.Message) string {
	if missing := m.BodySize - len(m.Body); missing > 0 {
		text += "[" + many(missing, "more byte") + "]\n"
	}
	return text
}

// decodeText reads UTF-16 where the body type or a byte order mark says so, and
// UTF-8 everywhere else.
func decodeText(vt uint32, b []byte) (string, bool) {
	marked := len(b) >= 2 && b[0] == 0xFF && b[1] == 0xFE
	if marked || vt == vtBSTR || vt == vtLPWSTR {
		if marked {
			b = b[2:]
		}
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
		}
		return strings.TrimSuffix(string(utf16.Decode(units)), "\x00"), true
	}
	text := strings.TrimPrefix(string(b), "\uFEFF")
	return text, utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}

// encodeText makes the body of a message from text, as its body type wants it.
func encodeText(vt uint32, text string) []byte {
	if vt != vtBSTR && vt != vtLPWSTR {
		return []byte(text)
	}
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}
