package fake

import (
	"context"
	"maps"
	"sync"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Hook is called at the beginning of a method, before it did anything, with
// the method's name ("Messages") and its queue argument; an error it returns
// is the method's answer. It may wait until ctx ends.
type Hook func(ctx context.Context, method, queue string) error

// Hooks make a node fail, wait or lack something. Methods are named as in the
// interfaces; the name "" stands for all of them.
type Hooks struct {
	mu    sync.Mutex
	hook  Hook
	fail  map[string]error
	delay map[string]time.Duration
	hold  map[string]chan struct{}
	items map[string]map[mgmtclient.LookupID]error
	lacks map[mgmtclient.Capability]bool
	calls map[string]int
}

// SetHook sets the hook that every method calls; nil takes it away.
func (h *Hooks) SetHook(f Hook) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hook = f
}

// Fail lets a method answer err until it is called again with nil.
func (h *Hooks) Fail(method string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	set(&h.fail, method, err)
}

// FailItem lets Delete, Move, Copy or Return answer err for one message.
func (h *Hooks) FailItem(method string, id mgmtclient.LookupID, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.items == nil {
		h.items = map[string]map[mgmtclient.LookupID]error{}
	}
	m := h.items[method]
	set(&m, id, err)
	h.items[method] = m
}

// Delay lets a method wait before it begins.
func (h *Hooks) Delay(method string, d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	set(&h.delay, method, d)
}

// Hold stops a method at its beginning until release is called (or its context
// ends), so that a test sees what is shown meanwhile. release may be called
// more than once.
func (h *Hooks) Hold(method string) (release func()) {
	gate := make(chan struct{})
	h.mu.Lock()
	defer h.mu.Unlock()
	set(&h.hold, method, gate)
	return sync.OnceFunc(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.hold[method] == gate {
			delete(h.hold, method)
		}
		close(gate)
	})
}

// Lack takes capabilities away: mgmtclient.Can answers no for them.
func (h *Hooks) Lack(list ...mgmtclient.Capability) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range list {
		set(&h.lacks, c, true)
	}
}

// Offers is for mgmtclient.Can.
func (h *Hooks) Offers(c mgmtclient.Capability) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.lacks[c]
}

// Calls tells how often a method was called; "" all of them together.
func (h *Hooks) Calls(method string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.calls[method]
}

func set[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = v
}

// run does at the beginning of a method what was asked for; done is the
// node's end.
func (h *Hooks) run(ctx context.Context, done <-chan struct{}, method, op, queue string) error {
	h.mu.Lock()
	if h.calls == nil {
		h.calls = map[string]int{}
	}
	h.calls[method]++
	h.calls[""]++
	hook := h.hook
	fail := first(h.fail, method)
	delay := first(h.delay, method)
	gates := maps.Clone(h.hold)
	h.mu.Unlock()

	for _, name := range []string{"", method} {
		if gate := gates[name]; gate != nil {
			select {
			case <-gate:
			case <-done:
			case <-ctx.Done():
				return mgmtclient.Interrupted(ctx, op)
			}
		}
	}
	if delay > 0 {
		t := time.NewTimer(delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-done:
		case <-ctx.Done():
			return mgmtclient.Interrupted(ctx, op)
		}
	}
	if hook != nil {
		if err := hook(ctx, method, queue); err != nil {
			return err
		}
	}
	return fail
}

func first[V comparable](m map[string]V, method string) V {
	var none V
	if v := m[method]; v != none {
		return v
	}
	return m[""]
}

// itemFails is the answer that FailItem set.
func (h *Hooks) itemFails(method string, id mgmtclient.LookupID) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.items[method][id]
}

// failed makes the answer for an item.
func failed(id mgmtclient.LookupID, err error) mgmtclient.ItemResult {
	return mgmtclient.ItemResult{LookupID: id, Error: err.Error(), Code: mq.CodeOf(err)}
}
