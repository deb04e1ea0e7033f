package screen

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"posthouse/localqm/mq"
)

// Count writes a number with commas: 61,447.
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	at := len(s) % 3
	var b strings.Builder
	for i, r := range s {
		if i > 0 && i%3 == at && s[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Number writes a count for a cell: a dash if it is below 0, not known.
func Number(n int64) string {
	if n < 0 {
		return "–"
	}
	return Count(n)
}

// Many writes a count and its noun: "1 message", "2,486 messages".
func Many(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}

// Size writes a number of bytes: 512 bytes, 2.1 KB, 4.9 MB.
func Size(n int64) string {
	if n < 1024 {
		return Many(n, "byte")
	}
	v := float64(n)
	for _, unit := range []string{"KB", "MB", "GB"} {
		if v /= 1024; v < 999.5 {
			return sig(v) + " " + unit
		}
	}
	return sig(v/1024) + " TB"
}

// sig writes one decimal below a hundred.
func sig(v float64) string {
	if v < 99.95 {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

// Rate writes a number a second: 42.6; a dash if it is below 0.
func Rate(v float64) string {
	if v < 0 {
		return "–"
	}
	if v == 0 {
		return "0"
	}
	return strconv.FormatFloat(max(v, 0.1), 'f', 1, 64)
}

// Percent writes a part of one: 91%.
func Percent(part float64) string { return strconv.FormatFloat(100*part, 'f', 0, 64) + "%" }

// Duration writes two units: 3 d 23 h, 21 h 31 min, 4 s.
func Duration(d time.Duration) string {
	d = d.Abs().Round(time.Second)
	units := []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}}
	for i, u := range units {
		if d < u.of {
			continue
		}
		s := fmt.Sprintf("%d %s", d/u.of, u.name)
		if i+1 < len(units) {
			if rest := d % u.of / units[i+1].of; rest > 0 {
				s += fmt.Sprintf(" %d %s", rest, units[i+1].name)
			}
		}
		return s
	}
	return "0 s"
}

// Shorter than a day apart and on the same date, times are written without it.
func sameDay(a, b time.Time) bool {
	ay, am, ad := a.Date()
	by, bm, bd := b.Date()
	return ay == by && am == bm && ad == bd
}

// Moment writes a time for a list: 14:32 today, 18 Nov 16:20 on other days,
// 18 Nov 2025 in other years. now has the zone shown.
func Moment(t, now time.Time) string { return moment(t, now, "15:04") }

// MessageTime is Moment with the seconds of today, for grids of messages.
func MessageTime(t, now time.Time) string { return moment(t, now, "15:04:05") }

func moment(t, now time.Time, today string) string {
	if t.IsZero() {
		return "–"
	}
	t = t.In(now.Location())
	switch {
	case sameDay(t, now):
		return t.Format(today)
	case t.Year() == now.Year():
		return t.Format("2 Jan 15:04")
	}
	return t.Format("2 Jan 2006")
}

// FullTime writes a time for the inspector: 19 Nov 2026 00:03:32.
func FullTime(t, now time.Time) string {
	if t.IsZero() {
		return "Unknown"
	}
	return t.In(now.Location()).Format("2 Jan 2006 15:04:05")
}

// QueueName is the short name of a queue of the machine it is shown under:
// orders.in of HUB-CPH01\private$\orders.in, with ;journal or ;poison kept.
func QueueName(path string) string {
	switch name := strings.ToLower(path[strings.IndexByte(path, '\\')+1:]); name {
	case `system$;journal`:
		return "Journal messages"
	case `system$;deadletter`:
		return "Dead-letter messages"
	case `system$;deadxact`:
		return "Transactional dead-letter messages"
	}
	const private = `\private$\`
	if i := strings.Index(strings.ToLower(path), private); i >= 0 {
		return path[i+len(private):]
	}
	return path[strings.IndexByte(path, '\\')+1:]
}

// When a dead letter that is returned leaves its queue: here, and on another computer,
// whose letters this one sends.
const (
	InOneTransaction = "in the same transaction"
	OnceStored       = "once this computer has stored it to send"
)

// Reason takes an error apart for a person: what was tried and why it failed,
// what to do, and the code with its name.
func Reason(err error) (why, fix, code string) {
	if err == nil {
		return "", "", ""
	}
	if h := mq.CodeOf(err); h.Failed() {
		code = fmt.Sprintf("%s 0x%08X", h.Name(), uint32(h))
	}
	var e *mq.Error
	if !errors.As(err, &e) {
		return err.Error(), "", code
	}
	why = e.Why
	if why == "" && e.Err != nil {
		why = e.Err.Error()
	}
	if why == "" {
		why = e.Code.Text()
	}
	return Sentence(why), Sentence(e.Fix), code
}

// Explain is an error as a paragraph: what was tried, why it failed, what to
// do; and its code with its name.
func Explain(err error) (text, code string) {
	why, fix, code := Reason(err)
	var e *mq.Error
	if errors.As(err, &e) && e.Op != "" {
		why = Title(e.Op) + ": " + untitle(why)
	}
	return strings.TrimSpace(why + " " + fix), code
}

// untitle takes the capital of a sentence away, but not that of a name in
// capitals.
func untitle(s string) string {
	r := []rune(s)
	if len(r) < 2 || r[1] != unicode.ToLower(r[1]) {
		return s
	}
	return strings.ToLower(string(r[0])) + string(r[1:])
}

// Sentence gives words a capital and a full stop.
func Sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	if !strings.ContainsRune(".?!", rune(s[len(s)-1])) {
		s += "."
	}
	if first, _, _ := strings.Cut(s, " "); strings.ContainsAny(strings.TrimRight(first, ".?!:,"), `.\0123456789`) {
		return s // a name is written as it is
	}
	return Title(s)
}

// Title gives a word a capital.
func Title(s string) string {
	if s == "" {
		return ""
	}
	r := []rune(s)
	return strings.ToUpper(string(r[0])) + string(r[1:])
}
