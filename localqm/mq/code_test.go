package mq

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
)

func TestEveryCodeHasANameAndPlainWords(t *testing.T) {
	// MS-MQMQ 2.4 lists 145 codes; MQ_OK and MQDS_OBJECT_NOT_FOUND are not among them.
	if len(hresults) != 147 {
		t.Errorf("%d codes", len(hresults))
	}
	names := map[string]HResult{}
	for code, w := range hresults {
		if other, twice := names[w.name]; twice {
			t.Errorf("%s is both %08X and %08X", w.name, uint32(code), uint32(other))
		}
		names[w.name] = code
		if !strings.HasPrefix(w.name, "MQ") || w.text == "" || strings.HasSuffix(w.text, ".") {
			t.Errorf("%08X: %q, %q", uint32(code), w.name, w.text)
		}
		if r := []rune(w.text)[0]; unicode.IsUpper(r) && !strings.HasPrefix(w.text, "Active Directory") {
			t.Errorf("%s: the words stand inside a line, yet begin large: %q", w.name, w.text)
		}
		if got, ok := ParseHResult(w.name); !ok || got != code {
			t.Errorf("%s is read as %08X", w.name, uint32(got))
		}
		if code.Failed() != (code >= 0x80000000) {
			t.Errorf("%s: failed is %v", w.name, code.Failed())
		}
	}
}

func TestParseHResultTakesWhatPeoplePaste(t *testing.T) {
	for _, s := range []string{
		"MQ_ERROR_QUEUE_NOT_FOUND", "mq_error_queue_not_found", " QUEUE_NOT_FOUND ", "0xC00E0003", "0xc00e0003", "C00E0003", "-1072824317",
	} {
		if got, ok := ParseHResult(s); !ok || got != ErrQueueNotFound {
			t.Errorf("%q is %v, %v", s, got, ok)
		}
	}
	if got, ok := ParseHResult("0x80004005"); !ok || got.Name() != "0x80004005" || got.Text() != "" {
		t.Errorf("a foreign code is %v, %v", got, ok)
	}
	for _, s := range []string{"", "3", "0x3", "0xC00E00030", "NO_SUCH_NAME", "+C00E003", "-9999999999", "C00E_003"} {
		if got, ok := ParseHResult(s); ok {
			t.Errorf("%q is %v", s, got)
		}
	}
}

func TestAnErrorSpeaksToBothReaders(t *testing.T) {
	cause := errors.New("disk is gone")
	e := Errorf(ErrMessageStorageFailed, "send to orders", "writing failed: %w", cause).WithFix("free %d MB", 5)
	want := "send to orders: MQ_ERROR_MESSAGE_STORAGE_FAILED (0xC00E002A): writing failed: disk is gone; free 5 MB"
	if e.Error() != want {
		t.Errorf("%s\nwant %s", e, want)
	}
	if !errors.Is(e, ErrMessageStorageFailed) || !errors.Is(e, cause) || errors.Is(e, ErrQueueNotFound) {
		t.Error("errors.Is is wrong")
	}
	if got := (&Error{Code: ErrQueueNotFound}).Error(); got != "MQ_ERROR_QUEUE_NOT_FOUND (0xC00E0003): "+ErrQueueNotFound.Text() {
		t.Errorf("%s", got)
	}
	if got := ErrIOTimeout.Error(); got != "MQ_ERROR_IO_TIMEOUT (0xC00E001B)" {
		t.Error(got)
	}
	for err, code := range map[error]HResult{
		nil: OK, cause: ErrGeneric, e: ErrMessageStorageFailed, ErrIOTimeout: ErrIOTimeout,
		fmt.Errorf("later: %w", e): ErrMessageStorageFailed, fmt.Errorf("later: %w", ErrIOTimeout): ErrIOTimeout,
	} {
		if got := CodeOf(err); got != code {
			t.Errorf("%v has the code %v, want %v", err, got, code)
		}
	}
}

func TestClassesHaveNamesAndPlainWords(t *testing.T) {
	for c := range classes {
		if c.Text() == "" || c.Name() == "" || !c.Known() {
			t.Errorf("%v", c)
		}
		for _, s := range []string{c.Name(), "MQMSG_CLASS_" + c.Name(), strings.ToLower(c.Reason()), fmt.Sprintf("0x%X", uint16(c))} {
			if got, ok := ParseClass(s); !ok || got != c {
				t.Errorf("%q is %v, want %v", s, got, c)
			}
		}
		if nack := strings.HasPrefix(c.Name(), "NACK_"); c.IsNack() != nack || c.IsAck() && nack {
			t.Errorf("%v: nack %v, ack %v", c, c.IsNack(), c.IsAck())
		}
	}
	if s := ClassNackBadDestQueue.String(); s != "0x8000 NACK_BAD_DST_Q" || ClassNackBadDestQueue.Reason() != "BAD_DST_Q" {
		t.Error(s)
	}
	own := Class(0xE000)
	if own.Known() || own.IsNack() || own.IsAck() || own.Arrived() || own.String() != "0xE000" || own.Text() == "" {
		t.Errorf("an application's own class: %v", own)
	}
	if c, ok := ParseClass("nonsense"); ok {
		t.Errorf("nonsense is %v", c)
	}
}

func TestOnlyMessagesThatReachedTheirQueueArrived(t *testing.T) {
	for c := range classes {
		want := false
		switch c {
		case ClassNackQueueDeleted, ClassNackQueuePurged, ClassNackReceiveTimeout, ClassNackReceiveRejected:
			want = true
		}
		if c.Arrived() != want {
			t.Errorf("%v: arrived is %v", c, c.Arrived())
		}
	}
	if !ClassAckReceive.IsAck() || ClassOrderAck.IsAck() || ClassNormal.IsNack() {
		t.Error("acknowledgements are mistaken")
	}
}
