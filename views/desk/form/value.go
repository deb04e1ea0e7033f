package form

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Env is what an entry takes from its surroundings.
type Env struct {
	Now      time.Time // in the zone that times are typed in
	User     string
	Computer string
	Number   int    // the running number of the entry
	Unique   string // letters and digits that no other entry has
	// Reference is that of an entry that is changed; "" makes a new one.
	Reference string
}

// dateLayouts are the ways a day is written, the canonical one first.
var dateLayouts = []string{
	"2006-01-02", "2 Jan 2006", "2 January 2006", "2.1.2006", "2.1.06", "2/1/2006", "2/1/06", "20060102",
}

// shortLayouts have no year: the one that is nearest.
var shortLayouts = []string{"2 Jan", "2 January", "2.1.", "2.1", "2/1"}

// clockLayouts are the ways a time of day is written.
var clockLayouts = []string{"15:04", "15:04:05", "15.04", "1504"}

var dayOffset = regexp.MustCompile(`^(today|now)?\s*([+-])\s*(\d{1,5})\s*(d|h|min)?$`)

// parseDay reads a day: today, tomorrow, yesterday, +3, -2 d, or a date.
func parseDay(s string, now time.Time) (time.Time, bool) {
	y, m, d := now.Date()
	day := func(plus int) time.Time { return time.Date(y, m, d+plus, 0, 0, 0, 0, now.Location()) }
	low := strings.ToLower(s)
	switch low {
	case "today", "now":
		return day(0), true
	case "tomorrow":
		return day(1), true
	case "yesterday":
		return day(-1), true
	}
	if g := dayOffset.FindStringSubmatch(low); g != nil && (g[4] == "" || g[4] == "d") {
		n, _ := strconv.Atoi(g[2] + g[3]) // digits only
		return day(n), true
	}
	for _, l := range dateLayouts {
		if t, err := time.ParseInLocation(l, s, now.Location()); err == nil && t.Year() >= 1800 && t.Year() < 2400 {
			return t, true
		}
	}
	for _, l := range shortLayouts {
		t, err := time.ParseInLocation(l, s, now.Location())
		if err != nil {
			continue
		}
		best := time.Date(y, t.Month(), t.Day(), 0, 0, 0, 0, now.Location())
		for _, year := range []int{y - 1, y + 1} {
			if other := time.Date(year, t.Month(), t.Day(), 0, 0, 0, 0, now.Location()); other.Sub(now).Abs() < best.Sub(now).Abs() {
				best = other
			}
		}
		return best, true
	}
	return time.Time{}, false
}

// parseMoment reads a day with a time of day, in either order, or a time of
// today.
func parseMoment(s string, now time.Time) (time.Time, bool) {
	low := strings.ToLower(s)
	if low == "now" {
		return now.Truncate(time.Minute), true
	}
	if g := dayOffset.FindStringSubmatch(low); g != nil && g[1] != "today" && (g[4] == "h" || g[4] == "min") {
		n, _ := strconv.Atoi(g[2] + g[3])
		unit := time.Hour
		if g[4] == "min" {
			unit = time.Minute
		}
		return now.Add(time.Duration(n) * unit).Truncate(time.Minute), true
	}
	for _, l := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(l, s, now.Location()); err == nil {
			return t.In(now.Location()), true
		}
	}
	if c, ok := parseClock(s); ok {
		y, m, d := now.Date()
		return time.Date(y, m, d, c.Hour(), c.Minute(), c.Second(), 0, now.Location()), true
	}
	i := strings.LastIndexAny(s, " ,")
	if i < 0 {
		return time.Time{}, false
	}
	day, ok := parseDay(strings.TrimRight(s[:i], " ,"), now)
	clock, okay := parseClock(strings.TrimSpace(s[i+1:]))
	if !ok || !okay {
		return time.Time{}, false
	}
	return time.Date(day.Year(), day.Month(), day.Day(), clock.Hour(), clock.Minute(), clock.Second(), 0, now.Location()), true
}

func parseClock(s string) (time.Time, bool) {
	for _, l := range clockLayouts {
		if t, err := time.Parse(l, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

var plainNumber = regexp.MustCompile(`^[+-]?\d{1,18}(\.\d{1,12})?$`)

// groups of three digits, parted by commas.
var grouped = regexp.MustCompile(`^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$`)

// parseNumber reads a number as people write it. A comma is a decimal sign
// where decimals are allowed, else it parts groups of three.
func parseNumber(s string, decimals int) (string, bool) {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\'' || r == '’' {
			return -1
		}
		if r == '−' {
			return '-'
		}
		return r
	}, s)
	switch commas := strings.Count(s, ","); {
	case commas == 0:
	case decimals > 0 && commas == 1 && !strings.Contains(s, "."):
		s = strings.Replace(s, ",", ".", 1)
	case grouped.MatchString(s):
		s = strings.ReplaceAll(s, ",", "")
	}
	if !plainNumber.MatchString(s) {
		return "", false
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return "", false
	}
	_, frac, _ := strings.Cut(s, ".")
	text := r.FloatString(len(frac))
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" {
		text = "0"
	}
	return text, true
}

// clean takes out what no text of a form holds: controls, and around it space.
func clean(s string, lines bool) string {
	s = strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n"), "\r", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r) || r == '\uFFFE' || r == '\uFFFF':
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// Parse reads what was typed and checks it. The error says what to do; nothing
// typed is no error but where something is required.
func (f *Field) Parse(typed string, env Env) (string, error) {
	s := clean(typed, f.Kind == MultiLine)
	if s == "" {
		if f.Required {
			return "", errors.New("this is needed")
		}
		return "", nil
	}
	switch f.Kind {
	case Number:
		return f.parseNumber(s, env)
	case Date, DateTime:
		return f.parseTime(s, env)
	case OneOf:
		for _, c := range f.Choices {
			if c.Value == s || strings.EqualFold(c.Text, s) {
				return c.Value, nil
			}
		}
		return "", errors.New("choose one of the list")
	case Check:
		if s != "true" && s != "false" {
			return "", errors.New("it is either on or off")
		}
		if f.Required && s == "false" {
			return "", errors.New("tick this to go on")
		}
		return s, nil
	}
	n := utf8.RuneCountInString(s)
	if least, _ := strconv.Atoi(f.min); n < least {
		return "", fmt.Errorf("at least %d characters, these are %d", least, n)
	}
	if most := f.Longest(); most > 0 && n > most {
		return "", fmt.Errorf("at most %d characters, these are %d", most, n)
	}
	if f.pattern != nil && !f.pattern.MatchString(s) {
		if f.patternHelp != "" {
			return "", errors.New(f.patternHelp)
		}
		return "", errors.New("this is not written as the form wants it")
	}
	return s, nil
}

func (f *Field) parseNumber(s string, _ Env) (string, error) {
	s = strings.TrimSpace(strings.TrimSuffix(s, f.Unit))
	v, ok := parseNumber(s, f.Decimals)
	if !ok {
		return "", fmt.Errorf("“%s” is no number", s)
	}
	if _, frac, _ := strings.Cut(v, "."); len(frac) > f.Decimals {
		if f.Decimals == 0 {
			return "", errors.New("write a whole number")
		}
		return "", fmt.Errorf("at most %d places after the point", f.Decimals)
	}
	if f.min != "" && compareNumbers(v, f.min) < 0 {
		return "", fmt.Errorf("at least %s", f.Shown(f.min, nil))
	}
	if f.max != "" && compareNumbers(v, f.max) > 0 {
		return "", fmt.Errorf("at most %s", f.Shown(f.max, nil))
	}
	return v, nil
}

func compareNumbers(a, b string) int {
	x, ok := new(big.Rat).SetString(a)
	y, okay := new(big.Rat).SetString(b)
	if !ok || !okay {
		return 0
	}
	return x.Cmp(y)
}

func (f *Field) parseTime(s string, env Env) (string, error) {
	parse, layout, example := parseDay, time.DateOnly, "19 Nov 2026"
	if f.Kind == DateTime {
		parse, layout, example = parseMoment, time.RFC3339, "19 Nov 2026 10:40"
	}
	t, ok := parse(s, env.Now)
	if !ok {
		return "", fmt.Errorf("write it such as %s", example)
	}
	if low, ok := parse(f.min, env.Now); ok && t.Before(low) {
		return "", fmt.Errorf("not before %s", f.showTime(low))
	}
	if high, ok := parse(f.max, env.Now); ok && t.After(high) {
		return "", fmt.Errorf("not after %s", f.showTime(high))
	}
	return t.Format(layout), nil
}

func (f *Field) showTime(t time.Time) string {
	if f.Kind == Date {
		return t.Format("2 Jan 2006")
	}
	return t.Format("2 Jan 2006 15:04")
}

// moment is the time of a value of a date field.
func (f *Field) moment(v string, zone *time.Location) (time.Time, bool) {
	layout := time.DateOnly
	if f.Kind == DateTime {
		layout = time.RFC3339
	}
	t, err := time.ParseInLocation(layout, v, zone)
	return t.In(zone), err == nil
}

// Typed is a value as one would type it.
func (f *Field) Typed(v string, zone *time.Location) string {
	if f.Kind == Number {
		return v
	}
	return f.Shown(v, zone)
}

// Shown is a value as people read it, without the unit.
func (f *Field) Shown(v string, zone *time.Location) string {
	switch f.Kind {
	case Date, DateTime:
		if t, ok := f.moment(v, zone); ok {
			return f.showTime(t)
		}
	case OneOf:
		for _, c := range f.Choices {
			if c.Value == v {
				return c.Text
			}
		}
	case Check:
		switch v {
		case "true":
			return "Yes"
		case "false":
			return "No"
		}
	case Number:
		whole, frac, point := strings.Cut(v, ".")
		sign := ""
		if strings.HasPrefix(whole, "-") {
			sign, whole = "-", whole[1:]
		}
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + "," + whole[i:]
		}
		if point {
			whole += "." + frac
		}
		return sign + whole
	}
	return v
}
