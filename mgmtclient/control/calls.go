package control

import (
	"context"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Machine describes the queue manager.
func (c *Client) Machine(ctx context.Context) (mgmtclient.Machine, error) {
	r, err := c.call(ctx, "read the machine", "Machine", params{}, nil)
	return or(r.Machine), err
}

// Queues lists queues.
func (c *Client) Queues(ctx context.Context, f mgmtclient.QueueFilter) ([]mgmtclient.Queue, error) {
	list := []mgmtclient.Queue{}
	_, err := c.call(ctx, "list the queues", "Queues", params{Filter: &f}, func(r result) bool {
		list = append(list, r.Queues...)
		return true
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Queue describes one queue.
func (c *Client) Queue(ctx context.Context, queue string) (mgmtclient.Queue, error) {
	r, err := c.call(ctx, "read queue "+queue, "Queue", params{Queue: queue}, nil)
	return or(r.Queue), err
}

// Messages returns a page.
func (c *Client) Messages(ctx context.Context, queue string, p mgmtclient.Page) (mgmtclient.MessagePage, error) {
	r, err := c.call(ctx, "list the messages of "+queue, "Messages", params{Queue: queue, Page: &p}, nil)
	return or(r.Page), err
}

// Message returns one message.
func (c *Client) Message(ctx context.Context, queue string, id mgmtclient.LookupID, bodyLimit int) (mgmtclient.Message, error) {
	r, err := c.call(ctx, "read a message of "+queue, "Message", params{Queue: queue, ID: id, BodyLimit: bodyLimit}, nil)
	return or(r.Message), err
}

// CreateQueue makes a queue.
func (c *Client) CreateQueue(ctx context.Context, queue string, s mgmtclient.QueueSettings) (mgmtclient.Queue, error) {
	r, err := c.call(ctx, "create queue "+queue, "CreateQueue", params{Queue: queue, Settings: &s}, nil)
	return or(r.Queue), err
}

// SetQueue changes a queue.
func (c *Client) SetQueue(ctx context.Context, queue string, s mgmtclient.QueueSettings) (mgmtclient.Queue, error) {
	r, err := c.call(ctx, "change queue "+queue, "SetQueue", params{Queue: queue, Settings: &s}, nil)
	return or(r.Queue), err
}

// DeleteQueue deletes a queue.
func (c *Client) DeleteQueue(ctx context.Context, queue string) error {
	_, err := c.call(ctx, "delete queue "+queue, "DeleteQueue", params{Queue: queue}, nil)
	return err
}

// Purge empties a queue.
func (c *Client) Purge(ctx context.Context, queue string) (int64, error) {
	r, err := c.call(ctx, "purge "+queue, "Purge", params{Queue: queue}, nil)
	return r.Count, err
}

// Send sends messages.
func (c *Client) Send(ctx context.Context, r mgmtclient.SendRequest) (mgmtclient.SendResult, error) {
	op := "send to " + r.Queue
	if n := len(r.Body) + len(r.Extension); n > mq.MaxPacketSize {
		return mgmtclient.SendResult{}, mq.Errorf(mq.ErrInsufficientResources, op, "body and extension have %d bytes, and a message holds at most %d", n, mq.MaxPacketSize).
			WithFix("send less")
	}
	res, err := c.call(ctx, op, "Send", params{Send: &r}, nil)
	return or(res.Sent), err
}

// Receive takes a message. If the connection breaks while the answer is on its
// way, the message is gone from the queue: read with Peek and delete by lookup
// identifier where that may not be.
func (c *Client) Receive(ctx context.Context, queue string, o mgmtclient.ReceiveOptions) (mgmtclient.Message, error) {
	r, err := c.call(ctx, "receive from "+queue, "Receive", params{Queue: queue, Receive: &o}, nil)
	return or(r.Message), err
}

// bulk makes a call for some messages at a time.
func (c *Client) bulk(ctx context.Context, op, method string, p params, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
	list := []mgmtclient.ItemResult{}
	for first := true; first || len(ids) > 0; first = false {
		n := min(len(ids), idsAtOnce)
		p.IDs, ids = ids[:n], ids[n:]
		r, err := c.call(ctx, op, method, p, nil)
		list = append(list, r.Items...)
		if err != nil {
			return list, err
		}
	}
	return list, nil
}

// Delete deletes messages.
func (c *Client) Delete(ctx context.Context, queue string, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
	return c.bulk(ctx, "delete messages of "+queue, "Delete", params{Queue: queue}, ids)
}

// Move moves messages.
func (c *Client) Move(ctx context.Context, from string, ids []mgmtclient.LookupID, to string) ([]mgmtclient.ItemResult, error) {
	return c.bulk(ctx, "move messages from "+from+" to "+to, "Move", params{Queue: from, To: to}, ids)
}

// Copy copies messages.
func (c *Client) Copy(ctx context.Context, from string, ids []mgmtclient.LookupID, to string) ([]mgmtclient.ItemResult, error) {
	return c.bulk(ctx, "copy messages from "+from+" to "+to, "Copy", params{Queue: from, To: to}, ids)
}

// Return returns dead letters.
func (c *Client) Return(ctx context.Context, from string, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
	return c.bulk(ctx, "return messages of "+from, "Return", params{Queue: from}, ids)
}

// Search looks through a queue.
func (c *Client) Search(ctx context.Context, queue string, s mgmtclient.Search, found func(mgmtclient.Message) bool) error {
	stopped := false
	_, err := c.call(ctx, "search "+queue, "Search", params{Queue: queue, Search: &s}, func(r result) bool {
		stopped = r.Message == nil || !found(*r.Message)
		return !stopped
	})
	if stopped && ctx.Err() == nil {
		return nil // its end was asked for
	}
	return err
}

// ACL is a security descriptor.
func (c *Client) ACL(ctx context.Context, queue string) (string, error) {
	r, err := c.call(ctx, "read the permissions of "+queue, "ACL", params{Queue: queue}, nil)
	return r.SDDL, err
}

// SetACL replaces a security descriptor.
func (c *Client) SetACL(ctx context.Context, queue, sddl string) error {
	_, err := c.call(ctx, "set the permissions of "+queue, "SetACL", params{Queue: queue, SDDL: sddl}, nil)
	return err
}

// Permissions are a security descriptor in words.
func (c *Client) Permissions(ctx context.Context, queue string) (mgmtclient.Permissions, error) {
	r, err := c.call(ctx, "read the permissions of "+queue, "Permissions", params{Queue: queue}, nil)
	return or(r.Permissions), err
}

// SetPermissions replaces its entries.
func (c *Client) SetPermissions(ctx context.Context, queue string, p mgmtclient.Permissions) error {
	_, err := c.call(ctx, "set the permissions of "+queue, "SetPermissions", params{Queue: queue, Permissions: &p}, nil)
	return err
}

// SetMachine changes the queue manager.
func (c *Client) SetMachine(ctx context.Context, s mgmtclient.MachineSettings) (mgmtclient.Machine, error) {
	r, err := c.call(ctx, "change the machine", "SetMachine", params{Machine: &s}, nil)
	return or(r.Machine), err
}

// Connect puts the machine online.
func (c *Client) Connect(ctx context.Context) error {
	_, err := c.call(ctx, "connect the machine", "Connect", params{}, nil)
	return err
}

// Disconnect puts it offline.
func (c *Client) Disconnect(ctx context.Context) error {
	_, err := c.call(ctx, "disconnect the machine", "Disconnect", params{}, nil)
	return err
}

// Pause holds the messages of an outgoing queue back.
func (c *Client) Pause(ctx context.Context, queue string) error {
	_, err := c.call(ctx, "pause outgoing queue "+queue, "Pause", params{Queue: queue}, nil)
	return err
}

// Resume lets them leave again.
func (c *Client) Resume(ctx context.Context, queue string) error {
	_, err := c.call(ctx, "resume outgoing queue "+queue, "Resume", params{Queue: queue}, nil)
	return err
}

// Resend tries at once.
func (c *Client) Resend(ctx context.Context, queue string) error {
	_, err := c.call(ctx, "resend outgoing queue "+queue, "Resend", params{Queue: queue}, nil)
	return err
}

// Tidy gives back unused storage.
func (c *Client) Tidy(ctx context.Context) (mgmtclient.TidyResult, error) {
	r, err := c.call(ctx, "tidy the store", "Tidy", params{}, nil)
	return or(r.Tidy), err
}

// Check verifies the store.
func (c *Client) Check(ctx context.Context) (mgmtclient.CheckResult, error) {
	r, err := c.call(ctx, "check the store", "Check", params{}, nil)
	return or(r.Check), err
}

// Watch delivers signals until ctx ends or the queue manager is gone.
func (c *Client) Watch(ctx context.Context) (<-chan mgmtclient.Signal, error) {
	out := make(chan mgmtclient.Signal)
	ready := make(chan error, 1)
	if !c.spawn(func() { // ends with ctx, or with the connection
		defer close(out)
		standing := false
		_, err := c.call(ctx, "watch the machine", "Watch", params{}, func(r result) bool {
			if !standing {
				standing = true
				ready <- nil
			}
			if r.Signal == nil {
				return true
			}
			select {
			case out <- *r.Signal:
				return true
			case <-ctx.Done():
				return true // the call sees it too
			case <-c.gone:
				return false
			}
		})
		if !standing {
			if err == nil {
				err = c.lost("watch the machine")
			}
			ready <- err
		}
	}) {
		return nil, c.lost("watch the machine")
	}
	if err := <-ready; err != nil {
		return nil, err
	}
	return out, nil
}

// spawn starts a goroutine that Close waits for; not after Close.
func (c *Client) spawn(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.work.Go(f)
	return true
}

// Records returns stored messages.
func (c *Client) Records(ctx context.Context, queue string, after mgmtclient.LookupID, limit int) ([]mgmtclient.Record, error) {
	r, err := c.call(ctx, "read the records of "+queue, "Records", params{Queue: queue, ID: after, Limit: limit}, nil)
	return r.Records, err
}

// Restore puts stored messages back.
func (c *Client) Restore(ctx context.Context, queue string, records []mgmtclient.Record) error {
	_, err := c.call(ctx, "restore messages into "+queue, "Restore", params{Queue: queue, Records: records}, nil)
	return err
}
