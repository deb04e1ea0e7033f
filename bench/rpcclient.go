package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	qmmgmt "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
)

// asker asks a queue manager for the number of messages of its queue, on one
// connection.
type asker struct {
	conn    *rpc.Conn
	client  qmmgmt.QmmgmtClient
	request *qmmgmt.ManagementGetInfoRequest
	line    *counted
}

func newAsker(ctx context.Context, address string, o rpc.DialOptions) (*asker, error) {
	a := new(asker)
	o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		a.line = &counted{Conn: c}
		return a.line, err
	}
	name, err := queueformat.Make(mq.DirectTCP(receiverAddress, mq.PrivatePrefix+queue))
	if err != nil {
		return nil, err
	}
	a.request = &qmmgmt.ManagementGetInfoRequest{
		ObjectFormat: &qmmgmt.ManagementObject{
			Type: qmmgmt.ManagementObjectTypeQueue,
			ManagementObject: &qmmgmt.ManagementObject_ManagementObject{
				Value: &qmmgmt.ManagementObject_QueueFormat{QueueFormat: name},
			},
		},
		CreatePartition: 1,
		Property:        []uint32{uint32(mq.PropMgmtQueueMessageCount)},
		Var:             []*mqmq.PropertyVariant{{VT: uint16(mq.VTNull)}},
	}
	if a.conn, err = rpc.Dial(ctx, address, o); err != nil {
		return nil, err
	}
	if a.client, err = qmmgmt.NewQmmgmtClient(ctx, a.conn); err == nil {
		err = a.ask(ctx)
	}
	if err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *asker) close() { _ = a.conn.Close(context.Background()) } // never fails

// ask makes one call.
func (a *asker) ask(ctx context.Context) error {
	r, err := a.client.ManagementGetInfo(ctx, a.request)
	if err == nil && (len(r.Var) != 1 || r.Var[0].VT != uint16(mq.VTUI4)) {
		err = fmt.Errorf("the number of messages is %v", r.Var)
	}
	return err
}

// counted counts what passes a connection.
type counted struct {
	net.Conn
	in, out atomic.Int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.in.Add(int64(n))
	return n, err
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.out.Add(int64(n))
	return n, err
}

// echo answers so many bytes with so many, over TCP and nothing else.
type echo struct {
	request, response int
	conn              net.Conn
	out, in           []byte
	stop              func() error
	wait              sync.WaitGroup
}

// newEcho makes one of the sizes of a's calls.
func newEcho(ctx context.Context, a *asker) (*echo, error) {
	out, in := a.line.out.Load(), a.line.in.Load()
	if err := a.ask(ctx); err != nil {
		return nil, err
	}
	e := &echo{request: int(a.line.out.Load() - out), response: int(a.line.in.Load() - in)}
	e.out, e.in = make([]byte, e.request), make([]byte, e.response)
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", receiverAddress+":0")
	if err != nil {
		return nil, err
	}
	e.stop = ln.Close
	e.wait.Go(func() { e.serve(ln) })
	if e.conn, err = new(net.Dialer).DialContext(ctx, "tcp", ln.Addr().String()); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

// serve answers one client.
func (e *echo) serve(ln net.Listener) {
	c, err := ln.Accept()
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	in, out := make([]byte, e.request), make([]byte, e.response)
	for err == nil {
		if _, err = io.ReadFull(c, in); err == nil {
			_, err = c.Write(out)
		}
	}
}

func (e *echo) ask(context.Context) error {
	_, err := e.conn.Write(e.out)
	if err == nil {
		_, err = io.ReadFull(e.conn, e.in)
	}
	return err
}

func (e *echo) close() {
	_ = e.stop()
	if e.conn != nil {
		_ = e.conn.Close()
	}
	e.wait.Wait()
}
