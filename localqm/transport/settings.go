package transport

import (
	"context"
	"time"
)

// settled takes over the settings of the machine: what may no longer leave or
// come ends, what may begins (Take Offline, Bring Online, MS-MQDMPR
// 3.1.4.12-13).
func (t *Transport) settled() {
	settings := t.m.Settings()
	now := mode{offline: settings.Offline, hardened: settings.Hardened}
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.mode
	t.settings, t.mode = settings, now
	waits := resendWaits(settings.Resend)
	for _, l := range t.links {
		l.resend.waits = waits
	}
	if was == now {
		return
	}
	if !now.sends() {
		t.cut()
		for c := range t.conns {
			c.s.Close(nil)
		}
	} else {
		t.line, t.cut = context.WithCancel(t.ctx)
	}
	for _, h := range t.hosts {
		for _, l := range h.links {
			l.note(time.Now())
		}
		if now.sends() {
			t.hurry(h)
		}
	}
	for _, w := range t.ways {
		if now.sends() {
			t.hurry(w.none)
		}
	}
}
