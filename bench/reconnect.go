package bench

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"sync"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/route"
)

// What a live host may wait beside dead ones, and what these may cost.
const (
	deadHosts       = 10_000
	reconnectTarget = 10 * time.Second
	deadMemory      = 200 << 20 // bytes
	deadCPU         = 0.05      // of a core
	deadLook        = 15 * time.Second
)

// reconnect measures how soon a host that comes back is found among thousands
// that never answer, and what these cost: each has a message waiting, and a
// connection to it runs into its time-out.
func (r *run) reconnect(ctx context.Context) error {
	hole, err := newBlackHole()
	if err != nil {
		return err
	}
	defer hole.close()
	to, err := r.receiver(ctx)
	if err != nil {
		return err
	}
	defer func() { to.stop() }()
	r.hosts = route.Hosts{}
	for i := range deadHosts {
		r.hosts[deadName(i)] = []netip.AddrPort{hole.address}
	}
	before := heap()
	from, err := r.sender(ctx, "reconnect")
	if err != nil {
		return err
	}
	defer from.stop()
	if err := r.sendToDead(ctx, from.m); err != nil {
		return err
	}
	if err := r.oneAcross(ctx, from, to); err != nil {
		return err
	}
	cpu, err := processorTime()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := sleep(ctx, deadLook); err != nil {
		return err
	}
	after, err := processorTime()
	if err != nil {
		return err
	}
	share := (after - cpu).Seconds() / time.Since(began).Seconds()
	name := strconv.Itoa(deadHosts) + " dead hosts"
	r.add("reconnect", name+": memory", float64(heap()-before), "bytes", "the limit", deadMemory, 1, false)
	r.add("reconnect", name+": processor", share*100, "% core", "the limit", deadCPU*100, 1, false)

	to.stop()
	if err := sleep(ctx, 2*time.Second); err != nil {
		return err
	}
	if err := to.start(ctx, r); err != nil {
		return err
	}
	began = time.Now()
	if err := r.oneAcross(ctx, from, to); err != nil {
		return err
	}
	r.add("reconnect", name+": a live one is back", time.Since(began).Seconds(), "s", "the limit", reconnectTarget.Seconds(), 1, false)
	return nil
}

func deadName(i int) string { return fmt.Sprintf("dead%05d", i) }

// sendToDead leaves a message for each dead host.
func (r *run) sendToDead(ctx context.Context, m *localqm.QueueManager) error {
	o := *r
	o.Delivery, o.Window = "express", 1
	next := make(chan int)
	failed := make(chan error, 64)
	var wg sync.WaitGroup
	for range cap(failed) {
		wg.Go(func() {
			for i := range next {
				if err := o.sendTo(ctx, m, mq.DirectOS(deadName(i), `private$\orders`)); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	var err error
	for i := 0; i < deadHosts && err == nil; i++ {
		select {
		case next <- i:
		case err = <-failed:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	close(next)
	wg.Wait()
	return err
}

// sendTo sends one small message.
func (r *run) sendTo(ctx context.Context, m *localqm.QueueManager, to mq.FormatName) error {
	h, err := m.OpenQueue(ctx, owner, mq.QueueName{Format: to}, localqm.SendAccess, localqm.DenyNone)
	if err != nil {
		return err
	}
	defer h.Close()
	return r.sendOnce(ctx, m, h, []byte("x"))
}

// oneAcross sends a message to the live host and waits until it is there.
func (r *run) oneAcross(ctx context.Context, from *post, to *child) error {
	o := *r
	o.Delivery, o.Window = "express", 1
	before, err := to.count(ctx, "express")
	if err != nil {
		return err
	}
	if err := o.sendTo(ctx, from.m, to.direct("express")); err != nil {
		return err
	}
	_, _, err = to.wait(ctx, "express", before, 1)
	return err
}

// heap is what this process uses after a collection, in bytes.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse) //nolint:gosec // a size of memory
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// blackHole is an address that never answers: a listener that accepts nobody and
// whose line is full.
type blackHole struct {
	address netip.AddrPort
	fill    []net.Conn
	shut    func() error
}

func (h *blackHole) close() {
	for _, c := range h.fill {
		_ = c.Close()
	}
	_ = h.shut()
}
