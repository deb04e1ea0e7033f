package row

import (
	"strings"
	"unicode/utf16"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Matcher is the test of a search: text in label, identifiers and body (UTF-8
// and UTF-16), letter case ignored; class and time exactly. The message needs
// its whole body if text is looked for.
func Matcher(op string, s mgmtclient.Search) (func(*mgmtclient.Message) bool, error) {
	class, known := mq.ParseClass(s.Class)
	if s.Class != "" && !known {
		return nil, mq.Errorf(mq.ErrInvalidParameter, op, "there is no message class %q", s.Class).WithFix("write it like BAD_DST_Q")
	}
	text := strings.ToLower(s.Text)
	has := func(v string) bool { return strings.Contains(strings.ToLower(v), text) }
	return func(m *mgmtclient.Message) bool {
		switch {
		case s.Class != "" && class != m.ClassCode,
			!s.Since.IsZero() && m.SentTime.Before(s.Since),
			!s.Until.IsZero() && !m.SentTime.Before(s.Until):
			return false
		}
		return has(m.Label) || has(m.ID) || has(m.CorrelationID) || has(m.LookupID.String()) ||
			has(string(m.Body)) || has(fromUTF16(m.Body))
	}, nil
}

func fromUTF16(b []byte) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
	}
	return string(utf16.Decode(u))
}
