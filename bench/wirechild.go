package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest/loopback"
	"posthouse/mgmtclient"
)

// child is a queue manager in a process of its own, which receives.
type child struct {
	cmd    *exec.Cmd
	name   string
	folder string
	node   Receiver
	port   uint16

	rpcPort   uint16 // 0: management by others is not measured
	realm     realm
	arguments []string
}

// receiver starts a queue manager that takes messages from anyone.
func (r *run) receiver(ctx context.Context) (*child, error) {
	var err error
	if r.port, err = loopback.Port(); err != nil {
		return nil, err
	}
	c := &child{name: "RECEIVER", folder: filepath.Join(r.dir, fmt.Sprintf("receiver-%d", r.port)), port: r.port}
	if err := c.start(ctx, r); err != nil {
		return nil, err
	}
	for _, kind := range []string{"transactional", "express"} {
		xact := kind == "transactional"
		if _, err := c.node.CreateQueue(ctx, kind, mgmtclient.QueueSettings{
			Transactional: &xact, AllowSend: []string{"anonymous"},
		}); err != nil {
			c.stop()
			return nil, err
		}
	}
	return c, nil
}

// start starts its process.
func (c *child) start(ctx context.Context, r *run) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	arguments := append([]string{
		"serve", "--json", "--data", c.folder, "--name", c.name,
		"--listen", receiverAddress, "--port", strconv.Itoa(int(c.port)), "--ping-port", strconv.Itoa(int(c.port)),
	}, c.arguments...)
	c.cmd = exec.CommandContext(ctx, program, arguments...)
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.cmd.Start(); err != nil {
		return err
	}
	var ready struct {
		Ready bool `json:"ready"`
	}
	if err := json.NewDecoder(out).Decode(&ready); err != nil || !ready.Ready {
		c.stop()
		return fmt.Errorf("the receiving process did not start: %w", err)
	}
	if c.node, err = r.Attach(ctx, c.folder); err != nil {
		c.stop()
		return err
	}
	return nil
}

func (c *child) stop() {
	if c.node != nil {
		_ = c.node.Close()
	}
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	_ = c.cmd.Wait()
}

func (c *child) direct(queue string) mq.FormatName {
	return mq.DirectTCP(receiverAddress, mq.PrivatePrefix+queue)
}

func (c *child) count(ctx context.Context, queue string) (int64, error) {
	q, err := c.node.Queue(ctx, queue)
	return q.Messages, err
}

// patience is how long the receiver may stand still before a measurement is given up.
const patience = 20 * time.Second

// wait waits until want more than before have come and returns how many did and when.
func (c *child) wait(ctx context.Context, queue string, before, want int64) (came int64, last time.Time, err error) {
	last = time.Now()
	for {
		n, err := c.count(ctx, queue)
		now := time.Now()
		switch {
		case err != nil:
			return 0, last, err
		case n-before > came:
			came, last = n-before, now
		}
		if came >= want {
			return came, last, nil
		}
		if now.Sub(last) > patience {
			return came, last, fmt.Errorf("%d of %d messages came to the other process", came, want)
		}
		select {
		case <-ctx.Done():
			return came, last, ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
}
