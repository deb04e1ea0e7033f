package strict

import (
	"fmt"
	"testing"
)

// Establish a Protocol Session as its initiator (MS-MQQB 3.1.5.2-4).

func TestSessionWithWhoeverIsThere(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{}) // as for direct format names
	if p.theirWindow != 64 {
		t.Errorf("MS-MQQB 3.1.3.2: WindowSize %d", p.theirWindow)
	}
}

func TestSessionWithANamedQueueManager(t *testing.T) {
	q, p := table(t)
	p.dial(q, guidOf(q.Identity().ID.String()))
}

func TestSessionWithAnotherQueueManagerIsRefused(t *testing.T) {
	q, p := table(t)
	p.connect(q)
	if p.request(guidOf("11111111-2222-3333-4444-555555555555")) {
		t.Error("MS-MQQB 3.1.5.3.1: CS is not set")
	}
	p.closed()
}

// MS-MQQB 3.1.5.3, 3.1.5.4, 3.1.5.5, 3.1.5.8: what comes out of turn closes.
func TestPacketsOutOfTurnCloseTheSession(t *testing.T) {
	q, p := table(t)
	parameters := func(w *out) { w.parameters(parameters{500, 20000, 64}) }
	establish := func(w *out) { w.establish(establish{client: p.id}, false) }
	for i, c := range []struct {
		open bool
		send func(*out)
	}{
		{false, parameters},
		{false, func(w *out) { w.sessionAck(sessionHeader{window: 64}) }},
		{false, func(w *out) { w.message(p.note(&message{to: directQueue(`OS:HUB\private$\orders`)})) }},
		{true, establish},
		{true, parameters},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			if p.connect(q); c.open {
				p.dial(q, guid{})
			}
			p.write(c.send)
			p.closed()
		})
	}
}
