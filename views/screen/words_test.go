package screen

import (
	"errors"
	"testing"
	"time"

	"posthouse/localqm/mq"
)

func TestNumbersAndSizes(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Count(0), "0"},
		{Count(-1234), "-1,234"},
		{Count(999), "999"},
		{Count(61447), "61,447"},
		{Count(1000000), "1,000,000"},
		{Number(-1), "–"},
		{Many(1, "message"), "1 message"},
		{Many(2486, "message"), "2,486 messages"},
		{Size(512), "512 bytes"},
		{Size(2172), "2.1 KB"},
		{Size(151552), "148 KB"},
		{Size(1023 * 1024), "1.0 MB"},
		{Size(5138022), "4.9 MB"},
		{Size(3 << 40), "3.0 TB"},
		{Rate(-1), "–"},
		{Rate(0), "0"},
		{Rate(0.01), "0.1"},
		{Rate(42.61), "42.6"},
		{Percent(0.914), "91%"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestTimes(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	now := time.Date(2026, time.November, 19, 14, 32, 7, 0, zone)
	for _, c := range []struct{ got, want string }{
		{Moment(now.Add(-34*time.Minute), now), "13:58"},
		{Moment(now.Add(-24*time.Hour).UTC(), now), "18 Nov 14:32"},
		{Moment(now.AddDate(-1, 0, 0), now), "19 Nov 2025"},
		{Moment(time.Time{}, now), "–"},
		{MessageTime(time.Date(2026, time.November, 18, 23, 3, 32, 0, time.UTC), now), "00:03:32"},
		{FullTime(time.Date(2026, time.November, 18, 23, 3, 32, 0, time.UTC), now), "19 Nov 2026 00:03:32"},
		{Duration(3*24*time.Hour + 23*time.Hour + 59*time.Minute), "3 d 23 h"},
		{Duration(-21*time.Hour - 31*time.Minute), "21 h 31 min"},
		{Duration(4 * time.Second), "4 s"},
		{Duration(48 * time.Hour), "2 d"},
		{Duration(0), "0 s"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestQueueNames(t *testing.T) {
	for path, want := range map[string]string{
		`HUB-CPH01\private$\orders.in`:         "orders.in",
		`HUB-CPH01\PRIVATE$\orders.in;journal`: "orders.in;journal",
		`HUB-CPH01\system$;deadxact`:           "Transactional dead-letter messages",
		`HUB-CPH01\sales`:                      "sales",
		`orders`:                               "orders",
	} {
		if got := QueueName(path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

func TestReasonTakesAnErrorApart(t *testing.T) {
	why, fix, code := Reason(mq.Errorf(mq.ErrAccessDenied, "read the queue", "anna lacks Peek Message").WithFix("ask the owner"))
	if why != "Anna lacks Peek Message." || fix != "Ask the owner." || code != "MQ_ERROR_ACCESS_DENIED 0xC00E0025" {
		t.Errorf("got %q, %q, %q", why, fix, code)
	}
	text, _ := Explain(mq.Errorf(mq.ErrAccessDenied, "read the queue", "anna lacks Peek Message").WithFix("ask the owner"))
	if text != "Read the queue: anna lacks Peek Message. Ask the owner." {
		t.Errorf("got %q", text)
	}
	if why, _, _ := Reason(errors.New("no")); why != "no" {
		t.Errorf("got %q", why)
	}
}

func TestShortcuts(t *testing.T) {
	if got := Shortcut("Ctrl+Shift+M").Shown(); got != "Ctrl Shift M" {
		t.Errorf("got %q", got)
	}
	if Shortcut("Delete").Fyne() != nil || Shortcut("F5").Fyne() != nil {
		t.Error("a plain key is no shortcut to Fyne")
	}
	if s := Shortcut("Alt+Left").Fyne(); s == nil || s.ShortcutName() != "CustomDesktop:Alt+Left" {
		t.Errorf("got %v", s)
	}
}
