package app

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// wait is a flag for a time to wait: a number is seconds; forever has no end.
type wait time.Duration

func (w *wait) String() string {
	switch {
	case *w == 0:
		return "" // no default in help texts
	case time.Duration(*w) == math.MaxInt64:
		return "forever"
	}
	return time.Duration(*w).String()
}

func (*wait) Type() string { return "TIME" }

func (w *wait) Set(s string) error {
	if strings.EqualFold(s, "forever") || strings.EqualFold(s, "infinite") {
		*w = math.MaxInt64
		return nil
	}
	d, err := parseDuration(s)
	if err != nil {
		return err
	}
	*w = wait(d)
	return nil
}

func parseDuration(s string) (time.Duration, error) {
	if n, err := strconv.ParseFloat(s, 64); err == nil && n >= 0 && n <= 1e9 {
		return time.Duration(n * float64(time.Second)), nil
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return d, nil
	}
	return 0, fmt.Errorf("%q is no time to wait (want seconds, or 1m30s)", s)
}

// seconds is a flag for a time-to-live: a number of seconds, 4h, or never.
type seconds struct{ value *uint32 }

func (s *seconds) String() string {
	if s.value == nil {
		return ""
	}
	return strconv.FormatUint(uint64(*s.value), 10)
}

func (*seconds) Type() string { return "S" }

func (s *seconds) Set(text string) error {
	v := mq.Never
	if !strings.EqualFold(text, "never") {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			d, derr := time.ParseDuration(text)
			if derr != nil || d < 0 || d/time.Second >= time.Duration(mq.Never) {
				return fmt.Errorf("%q is no time to live (want seconds, 4h, or never)", text)
			}
			n = uint64(d / time.Second)
		}
		v = uint32(n)
	}
	s.value = &v
	return nil
}

// quota is a flag for a limit in KB, or unlimited.
type quota struct{ value *mgmtclient.Quota }

func (q *quota) String() string {
	switch {
	case q.value == nil:
		return ""
	case q.value.KB == nil:
		return "unlimited"
	}
	return strconv.FormatUint(uint64(*q.value.KB), 10)
}

func (*quota) Type() string { return "KB" }

func (q *quota) Set(s string) error {
	if strings.EqualFold(s, "unlimited") || strings.EqualFold(s, "none") {
		q.value = &mgmtclient.Quota{}
		return nil
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n == math.MaxUint32 {
		return fmt.Errorf("%q is no quota (want KB, or unlimited)", s)
	}
	kb := uint32(n)
	q.value = &mgmtclient.Quota{KB: &kb}
	return nil
}

// resends is a flag for the times after which messages are sent again.
type resends struct{ seconds [4]uint32 }

func (r *resends) String() string {
	if r.seconds == [4]uint32{} {
		return ""
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(r.seconds), " ", ","), "[]")
}

func (*resends) Type() string { return "S,S,S,S" }

func (r *resends) Set(s string) error {
	parts := strings.Split(s, ",")
	bad := fmt.Errorf("%q are no times to send again (want four, in seconds, as 30,300,1800,21600)", s)
	if len(parts) != len(r.seconds) {
		return bad
	}
	for i, part := range parts {
		v, err := strconv.ParseUint(strings.TrimSpace(part), 10, 32)
		if err != nil || v == 0 {
			return bad
		}
		r.seconds[i] = uint32(v)
	}
	return nil
}

// lookup is a flag for a lookup id.
type lookup mgmtclient.LookupID

func (l *lookup) String() string {
	if *l == 0 {
		return ""
	}
	return mgmtclient.LookupID(*l).String()
}

func (*lookup) Type() string { return "LOOKUPID" }

func (l *lookup) Set(s string) error {
	v, err := strconv.ParseUint(s, 0, 64)
	if err != nil || v == 0 {
		return fmt.Errorf("%q is no lookup id (want a number as message list shows it)", s)
	}
	*l = lookup(v)
	return nil
}

// choice is a flag that takes one of some words.
type choice struct {
	value string
	words []string
	kind  string
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return c.kind }

func (c *choice) Set(s string) error {
	s = strings.ToLower(s)
	if !slices.Contains(c.words, s) {
		return fmt.Errorf("%q is none of %s", s, strings.Join(c.words, ", "))
	}
	c.value = s
	return nil
}

// acks is a flag for acknowledgements by name.
type acks struct{ names []string }

func (a *acks) String() string { return strings.Join(a.names, ",") }
func (*acks) Type() string     { return "KINDS" }

func (a *acks) Set(s string) error {
	for word := range strings.SplitSeq(strings.ToLower(s), ",") {
		word = strings.TrimSpace(word)
		known := word == "all"
		for _, n := range mgmtclient.AckNames {
			if word == n.Name || word == "all" {
				known = true
				if !slices.Contains(a.names, n.Name) {
					a.names = append(a.names, n.Name)
				}
			}
		}
		if !known {
			return fmt.Errorf("%q is no acknowledgement (want %s or all)", word, ackWords())
		}
	}
	return nil
}

func ackWords() string {
	words := make([]string, len(mgmtclient.AckNames))
	for i, n := range mgmtclient.AckNames {
		words[i] = n.Name
	}
	return strings.Join(words, ", ")
}

// bodyTypes are words for the values of PROPID_M_BODY_TYPE that senders use
// (MS-MQMQ 2.3.10.1, MC-MQAC 3.17.4.1.22).
var bodyTypes = []struct {
	name string
	vt   uint32
}{
	{"empty", 0},
	{"string", 8},      // VT_BSTR, UTF-16LE: what COM and VB6 send
	{"ascii", 30},      // VT_LPSTR
	{"lpwstr", 31},     // VT_LPWSTR, UTF-16LE
	{"binary", 0x300},  // .NET BinaryMessageFormatter
	{"bytes", 0x1011},  // VT_VECTOR | VT_UI1
	{"object", 68},     // VT_STREAMED_OBJECT
	{"comarray", 8209}, // VT_ARRAY | VT_UI1
}

const (
	vtBSTR   = 8
	vtLPWSTR = 31
)

// bodyType is a flag for a body type, by number or name.
type bodyType uint32

func (b *bodyType) String() string {
	if *b == 0 {
		return ""
	}
	return bodyTypeName(uint32(*b))
}

func (*bodyType) Type() string { return "T" }

func (b *bodyType) Set(s string) error {
	for _, t := range bodyTypes {
		if strings.EqualFold(s, t.name) {
			*b = bodyType(t.vt)
			return nil
		}
	}
	v, err := strconv.ParseUint(s, 0, 32)
	if err != nil {
		return fmt.Errorf("%q is no body type (want a VT number, or empty, string, ascii, lpwstr, bytes)", s)
	}
	*b = bodyType(v)
	return nil
}

func bodyTypeName(vt uint32) string {
	for _, t := range bodyTypes {
		if t.vt == vt {
			return fmt.Sprintf("%d (%s)", vt, t.name)
		}
	}
	return strconv.FormatUint(uint64(vt), 10)
}

// moment is a flag for a point in time: RFC 3339, a local date and time, or how
// long ago.
type moment struct {
	value time.Time
	now   func() time.Time
	zone  *time.Location
}

func (m *moment) String() string {
	if m.value.IsZero() {
		return ""
	}
	return m.value.Format(time.RFC3339)
}

func (*moment) Type() string { return "WHEN" }

func (m *moment) Set(s string) error {
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		m.value = m.now().Add(-d)
		return nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		m.value = t
		return nil
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, m.zone); err == nil {
			m.value = t
			return nil
		}
	}
	return fmt.Errorf("%q is no time (want 2006-01-02 15:04, RFC 3339, or how long ago: 2h)", s)
}
