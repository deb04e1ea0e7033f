package localqm

import "sync"

// Event tells that something changed. It is a hint: events may be merged or
// dropped when a listener is slow, and carry no data.
type Event struct {
	Kind  EventKind
	Queue string // path name; empty for the machine
}

// EventKind is the sort of change.
type EventKind uint8

// The kinds of events.
const (
	QueuesChanged EventKind = iota
	MessagesChanged
	MachineChanged
)

// hub passes events on without ever waiting for a listener.
type hub struct {
	mu        sync.Mutex
	listeners map[chan Event]struct{}
	closed    bool
}

// Events delivers hints until cancel is called or the queue manager stops;
// then the channel is closed.
func (m *QueueManager) Events() (events <-chan Event, cancel func()) {
	h := &m.hub
	c := make(chan Event, 64)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(c)
		return c, func() {}
	}
	if h.listeners == nil {
		h.listeners = map[chan Event]struct{}{}
	}
	h.listeners[c] = struct{}{}
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if _, ok := h.listeners[c]; ok {
			delete(h.listeners, c)
			close(c)
		}
	}
}

func (h *hub) idle() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.listeners) == 0
}

func (h *hub) tell(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.listeners {
		select {
		case c <- e:
		default: // it has enough hints to look again
		}
	}
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for c := range h.listeners {
		delete(h.listeners, c)
		close(c)
	}
}

// changed tells that messages of q came or went.
func (m *QueueManager) changed(q *queue) {
	if !m.hub.idle() {
		m.hub.tell(Event{Kind: MessagesChanged, Queue: q.path})
	}
}
