package rpc_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/oiweiwei/go-msrpc/dcerpc"

	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/pdu"
)

func TestClientCancelsAndTheConnectionGoesOn(t *testing.T) {
	asked := make(chan struct{})
	c := play(t, rpc.DialOptions{CancelAfter: time.Minute}, func(p *peer) {
		p.bound()
		q, _, _ := p.request()
		close(asked)
		if x, _ := p.next(); x.Type != pdu.TypeCancel || x.CallID != q.CallID {
			p.t.Errorf("%s of %d", x.Type, x.CallID)
		}
		p.fault(q, rpc.FaultCancel)
		p.repeats()
	})
	b := bind(t, c, repeater)
	ctx, stop := context.WithCancel(ctx)
	go func() { <-asked; stop() }()
	if err := b.Invoke(ctx, &repeat{}); !errors.Is(err, context.Canceled) || errors.Is(err, rpc.ErrAbandoned) {
		t.Error(err)
	}
	repeated(t, b, noise(5))
}

// What was done in spite of the cancel must not be lost.
func TestClientTakesTheAnswerToACancelledCall(t *testing.T) {
	asked := make(chan struct{})
	c := play(t, rpc.DialOptions{CancelAfter: time.Minute}, func(p *peer) {
		p.bound()
		q, b, _ := p.request()
		close(asked)
		_, _ = p.next()
		p.respond(q, b, 4096)
	})
	b := bind(t, c, repeater)
	ctx, stop := context.WithCancel(ctx)
	go func() { <-asked; stop() }()
	op := &repeat{in: []byte("a message")}
	if err := b.Invoke(ctx, op); err != nil || string(op.out) != "a message" {
		t.Errorf("%q %v", op.out, err)
	}
}

func TestClientAbandonsACallThatTheServerDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := play(t, rpc.DialOptions{}, func(p *peer) {
			p.bound()
			q, b, _ := p.request()
			for _, want := range []pdu.Type{pdu.TypeCancel, pdu.TypeOrphaned} {
				if x, _ := p.next(); x.Type != want || x.CallID != q.CallID {
					p.t.Errorf("%s of %d", x.Type, x.CallID)
				}
			}
			p.respond(q, b, 16) // too late
			p.repeats()
		})
		b := bind(t, c, repeater)
		ctx, stop := context.WithTimeout(ctx, time.Second)
		defer stop()
		begin := time.Now()
		err := b.Invoke(ctx, &repeat{in: noise(100)})
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, rpc.ErrAbandoned) {
			t.Error(err)
		}
		if took := time.Since(begin); took != 2*time.Second {
			t.Errorf("after %v", took)
		}
		repeated(t, b, noise(5))
	})
}

func TestClientOfASimpleServerEndsTheConnectionWithAnAbandonedCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := play(t, rpc.DialOptions{}, func(p *peer) {
			p.no = pdu.Multiplex
			p.bound()
			for {
				if _, ok := p.next(); !ok {
					return
				}
			}
		})
		b := bind(t, c, repeater)
		ctx, stop := context.WithTimeout(ctx, time.Second)
		defer stop()
		if err := b.Invoke(ctx, &repeat{}); !errors.Is(err, rpc.ErrAbandoned) {
			t.Error(err)
		}
		<-c.Done()
		if !errors.Is(c.Err(), rpc.ErrBroken) {
			t.Error(c.Err())
		}
	})
}

func TestClientDoesNotWaitForASilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := play(t, rpc.DialOptions{}, func(p *peer) {
			for {
				if _, ok := p.next(); !ok {
					return
				}
			}
		})
		begin := time.Now()
		if _, err := c.Bind(ctx, dcerpc.WithAbstractSyntax(repeater)); !errors.Is(err, rpc.ErrBroken) || !errors.Is(err, rpc.ErrSilent) || !strings.Contains(err.Error(), "30s") {
			t.Error(err)
		}
		if took := time.Since(begin); took != 30*time.Second {
			t.Errorf("after %v", took)
		}
	})
}

func TestClientEndsWithAServerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		c := play(t, rpc.DialOptions{}, func(p *peer) {
			p.bound()
			<-release
		})
		defer close(release)
		b := bind(t, c, repeater)
		time.Sleep(time.Hour)
		begin := time.Now()
		if err := b.Invoke(ctx, &repeat{}); !errors.Is(err, rpc.ErrBroken) {
			t.Error(err)
		}
		if took := time.Since(begin); took > 30*time.Second {
			t.Errorf("after %v", took)
		}
	})
}

// An answer to an alter_context that nobody waits for any more is not taken for the
// next one.
func TestClientGivesUpAnAlterContextAndGoesOn(t *testing.T) {
	asked := make(chan struct{})
	c := play(t, rpc.DialOptions{}, func(p *peer) {
		p.bound()
		q, _ := p.next()
		close(asked)
		next, _ := p.next()
		p.accept(q, nil)
		p.accept(next, nil)
		p.repeats()
	})
	bind(t, c, repeater)
	short, stop := context.WithCancel(ctx)
	go func() { <-asked; stop() }()
	if _, err := c.Bind(short, dcerpc.WithAbstractSyntax(other)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	repeated(t, bind(t, c, other), noise(5))
}

func TestClosingEndsCalls(t *testing.T) {
	asked := make(chan struct{})
	c := play(t, rpc.DialOptions{}, func(p *peer) {
		p.bound()
		_, _, _ = p.request()
		close(asked)
		_, _ = p.next()
	})
	b := bind(t, c, repeater)
	go func() { <-asked; _ = c.Close(ctx) }()
	if err := b.Invoke(ctx, &repeat{}); !errors.Is(err, rpc.ErrClosed) {
		t.Error(err)
	}
	if err := b.Invoke(ctx, &repeat{}); !errors.Is(err, rpc.ErrClosed) {
		t.Errorf("afterwards: %v", err)
	}
	if _, err := c.Bind(ctx, dcerpc.WithAbstractSyntax(other)); !errors.Is(err, rpc.ErrClosed) {
		t.Errorf("bind: %v", err)
	}
	<-c.Done()
}
