package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/mgmtclient"
)

// clients measures what clients cost that are signed in, have the queue open and do
// nothing.
func (r *run) clients(ctx context.Context, to *child) error {
	name := fmt.Sprintf("%d clients", clients)
	if !canSeeProcesses {
		r.Progress("rpc: " + name + " are left out: this system does not tell what another process uses")
		return nil
	}
	before, err := processMemory(to.cmd.Process.Pid)
	if err != nil {
		return err
	}
	var (
		conns [clients]*rpc.Conn
		room  = make(chan struct{}, 16)
		wg    sync.WaitGroup
		mu    sync.Mutex
		fault error
	)
	for i := range conns {
		room <- struct{}{}
		wg.Go(func() {
			defer func() { <-room }()
			c, err := idleClient(ctx, to)
			conns[i] = c
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				fault = err
			}
		})
	}
	wg.Wait()
	defer func() {
		for _, c := range conns {
			if c != nil {
				_ = c.Close(ctx) // never fails
			}
		}
	}()
	if fault != nil {
		return fault
	}
	after, err := processMemory(to.cmd.Process.Pid)
	if err != nil {
		return err
	}
	began := time.Now()
	cpu, err := processTimeOf(to.cmd.Process.Pid)
	if err != nil {
		return err
	}
	if err := sleep(ctx, clientsLook*r.Length); err != nil {
		return err
	}
	now, err := processTimeOf(to.cmd.Process.Pid)
	if err != nil {
		return err
	}
	share := (now - cpu).Seconds() / time.Since(began).Seconds()
	r.add("rpc", name+": memory of the server", float64(after), "bytes", "without them", float64(before), 0, false)
	r.add("rpc", name+": memory of the server", float64(after), "bytes", "the limit", clientsMemory, 1, false)
	r.add("rpc", name+": processor while idle", share*100, "% core", "the limit", clientsCPU*100, 1, false)
	return nil
}

// idleClient signs in and opens the queue.
func idleClient(ctx context.Context, to *child) (*rpc.Conn, error) {
	c, err := rpc.Dial(ctx, to.managedAt(), rpc.DialOptions{Initiator: signIn()})
	if err != nil {
		return nil, err
	}
	client, err := remoteread.NewRemoteReadClient(ctx, c)
	if err != nil {
		return c, err
	}
	name, err := queueformat.Make(to.direct(queue))
	if err != nil {
		return c, err
	}
	const peek = 0x20 // MS-MQMQ 2.2.98: MQ_PEEK_ACCESS
	_, err = client.OpenQueue(ctx, &remoteread.OpenQueueRequest{
		QueueFormat: name, Access: peek, ClientID: queueformat.FromGUID(mq.NewGUID()),
		NonRoutingServer: 1, Major: 6, Minor: 1, Workgroup: 1,
	})
	return c, err
}

// refresh measures a look at many queues.
func (r *run) refresh(ctx context.Context, to *child) error {
	for i := range refreshQueues - 1 { // besides the one that there is
		if _, err := to.node.CreateQueue(ctx, fmt.Sprintf("refresh.%04d", i), mgmtclient.QueueSettings{}); err != nil {
			return err
		}
	}
	list := func(ctx context.Context, n mgmtclient.Node) error {
		q, err := n.Queues(ctx, mgmtclient.QueueFilter{})
		if err == nil && len(q) != refreshQueues {
			err = fmt.Errorf("there are %d queues", len(q))
		}
		return err
	}
	return r.beside(ctx, to, fmt.Sprintf("refresh of %d queues", refreshQueues), refreshGoal, list)
}

// firstPage measures the first page of headers of the large queue.
func (r *run) firstPage(ctx context.Context) error {
	if r.Depth < pageDepth {
		r.Progress(fmt.Sprintf("rpc: the goal of the first page is for a queue of %d messages; this one has %d", pageDepth, r.Depth))
	}
	if err := r.large(ctx); err != nil {
		return err
	}
	to, err := r.managed(ctx, filepath.Base(r.deep))
	if err != nil {
		return err
	}
	defer to.stop()
	if err := to.permit(ctx); err != nil {
		return err
	}
	page := func(ctx context.Context, n mgmtclient.Node) error {
		p, err := n.Messages(ctx, queue, mgmtclient.Page{Limit: pageSize})
		if err == nil && len(p.Messages) != pageSize {
			err = fmt.Errorf("the page has %d messages", len(p.Messages))
		}
		return err
	}
	return r.beside(ctx, to, fmt.Sprintf("first page of %d of %d", pageSize, r.Depth), pageGoal, page)
}

// beside measures how long a console on another computer waits for something, beside
// one on this computer.
func (r *run) beside(ctx context.Context, to *child, name string, goal time.Duration, do func(context.Context, mgmtclient.Node) error) error {
	away, err := r.remote(ctx, to)
	if err != nil {
		return err
	}
	defer func() { _ = away.Close() }() // what it measured was answered
	took := func(n mgmtclient.Node) (float64, error) {
		const times = 5
		began := time.Now()
		for range times {
			if err := do(ctx, n); err != nil {
				return 0, err
			}
		}
		return time.Since(began).Seconds() * 1e6 / times, nil
	}
	var here, there []float64
	for range max(r.Rounds, 5) {
		h, err := took(to.node)
		if err != nil {
			return err
		}
		t, err := took(away)
		if err != nil {
			return err
		}
		here, there = append(here, h), append(there, t)
	}
	r.add("rpc", name, median(there), "us", "a console on this computer", median(here), 0, false)
	r.add("rpc", name, median(there), "us", "the goal", float64(goal.Microseconds()), 1, false)
	return nil
}
