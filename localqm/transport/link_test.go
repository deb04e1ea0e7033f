package transport

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
)

func TestStateOfAnOutgoingQueue(t *testing.T) {
	for _, c := range []struct {
		name     string
		phase    phase
		mode     mode
		paused   bool
		messages bool
		want     mq.QueueState
	}{
		{name: "empty", phase: idle, want: mq.StateInactive},
		{name: "empty, its host is dead", phase: waiting, want: mq.StateInactive},
		{name: "a message before the first round", phase: idle, messages: true, want: mq.StateWaiting},
		{name: "in a round", phase: trying, messages: true, want: mq.StateWaiting},
		{name: "between rounds", phase: waiting, messages: true, want: mq.StateWaiting},
		{name: "no such name", phase: unresolved, messages: true, want: mq.StateNeedValidation},
		{name: "connected", phase: open, messages: true, want: mq.StateConnected},
		{name: "connected and empty", phase: open, want: mq.StateConnected},
		{name: "closing", phase: closing, messages: true, want: mq.StateDisconnecting},
		{name: "the session ended", phase: lost, messages: true, want: mq.StateDisconnected},
		{name: "paused", phase: open, paused: true, messages: true, want: mq.StateOnHold},
		{name: "offline", phase: waiting, mode: mode{offline: true}, messages: true, want: mq.StateDisconnected},
		{name: "hardened", phase: idle, mode: mode{hardened: true}, messages: true, want: mq.StateLocked},
		{name: "hardened and paused", phase: idle, mode: mode{hardened: true}, paused: true, want: mq.StateLocked},
	} {
		l := &link{queue: &localqm.Outgoing{}, host: &host{phase: c.phase, why: "because"}, mode: &c.mode, paused: c.paused, ready: c.messages}
		got := l.snapshot()
		if got.State != c.want || got.Why == "" {
			t.Errorf("%s: %s (%q), want %s", c.name, got.State, got.Why, c.want)
		}
	}
}

func TestSinceIsWhenTheStateChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{}
		l := &link{queue: &localqm.Outgoing{}, host: h, mode: &mode{}, ready: true}
		h.links = append(h.links, l)
		begin := time.Now()
		h.enter(begin, trying, "")
		time.Sleep(time.Minute)
		h.enter(time.Now(), waiting, "refused") // WAITING as before
		if !l.snapshot().Since.Equal(begin) {
			t.Errorf("WAITING since %v, want %v", l.since, begin)
		}
		time.Sleep(time.Minute)
		h.enter(time.Now(), trying, "")
		h.enter(time.Now(), unresolved, "no such name") // the next try ended
		if got := l.snapshot(); got.State != mq.StateNeedValidation || !got.Since.Equal(begin) {
			t.Errorf("%s since %v, want %v", got.State, got.Since, begin)
		}
		time.Sleep(time.Minute)
		h.enter(time.Now(), open, "connected")
		if got := l.snapshot(); got.State != mq.StateConnected || !got.Since.Equal(time.Now()) {
			t.Errorf("%s since %v, want %v", got.State, got.Since, time.Now())
		}
	})
}

func TestHistoryKeepsTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{}
		for i := range historySize + 5 {
			h.record(time.Now(), failure{status: mq.ConnConnectSocketFailure, address: "127.0.0.1", why: fmt.Sprint(i)})
			time.Sleep(time.Second)
		}
		if len(h.history) != historySize || h.history[0].Why != "5" || h.history[historySize-1].Why != fmt.Sprint(historySize+4) {
			t.Errorf("%d entries, from %q to %q", len(h.history), h.history[0].Why, h.history[len(h.history)-1].Why)
		}
		for i := 1; i < len(h.history); i++ {
			if !h.history[i].At.After(h.history[i-1].At) {
				t.Errorf("entry %d is not newer", i)
			}
		}
	})
}
