package rpc_test

import (
	"errors"
	"testing"

	"github.com/oiweiwei/go-msrpc/msrpc/dcetypes"

	"posthouse/localqm/rpc"
)

// R14 of the hostile rows: handles that are forged, of another kind, or closed.
func TestHandlesAreStrict(t *testing.T) {
	g := rpc.NewGroup()
	down := 0
	open := func(owner, value string) dcetypes.ContextHandle {
		h, err := g.Open(owner, value, func() { down++ })
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	queue, cursor, gone := open("queue", "orders"), open("cursor", "first"), open("queue", "gone")
	if v, err := g.Find("queue", queue); err != nil || v != "orders" {
		t.Error(v, err)
	}
	if v, err := g.Close("queue", gone); err != nil || v != "gone" {
		t.Error(v, err)
	}
	forged := handleOf(make([]byte, 16))
	attributes := queue
	attributes.Attributes = 1
	for name, c := range map[string]struct {
		owner string
		h     dcetypes.ContextHandle
	}{
		"another kind": {"queue", cursor},
		"closed":       {"queue", gone},
		"forged":       {"queue", forged},
		"zero":         {"queue", dcetypes.ContextHandle{}},
		"attributes":   {"queue", attributes},
	} {
		if v, err := g.Find(c.owner, c.h); !errors.Is(err, rpc.FaultContextMismatch) || v != nil {
			t.Errorf("%s was found: %v, %v", name, v, err)
		}
		if _, err := g.Close(c.owner, c.h); !errors.Is(err, rpc.FaultContextMismatch) {
			t.Errorf("%s was closed: %v", name, err)
		}
	}
	g.Rundown()
	if down != 2 {
		t.Errorf("%d handles were run down, not 2", down)
	}
	if _, err := g.Find("queue", queue); !errors.Is(err, rpc.FaultContextMismatch) {
		t.Error("a handle outlives its group")
	}
	if _, err := g.Open("queue", "late", nil); !errors.Is(err, rpc.FaultContextMismatch) {
		t.Error("a handle was opened in a group that is gone")
	}
	g.Rundown()
	if down != 2 {
		t.Error("handles were run down twice")
	}
}

func TestHandlesHaveALimit(t *testing.T) {
	g := rpc.NewGroup()
	for range rpc.MaxHandles {
		if _, err := g.Open("queue", nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := g.Open("queue", nil, nil); !errors.Is(err, rpc.FaultOutOfMemory) {
		t.Error(err)
	}
}
