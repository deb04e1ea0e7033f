package qmcomm_test

import (
	"bytes"
	"context"
	"testing"

	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
)

func unit(b byte) *mqmq.TransactionUOW {
	return &mqmq.TransactionUOW{Data: bytes.Repeat([]byte{b}, 16)}
}

func (c *client) enlist(u *mqmq.TransactionUOW) (*stub.InternalTransaction, error) {
	out, err := c.one.EnlistInternalTransaction(c.t.Context(), &stub.EnlistInternalTransactionRequest{UOW: u})
	if err != nil {
		return nil, err
	}
	return out.InternalTransaction, nil
}

func (c *client) begin(u *mqmq.TransactionUOW) *stub.InternalTransaction {
	c.t.Helper()
	h, err := c.enlist(u)
	ok(c.t, err)
	return h
}

func (c *client) commit(h *stub.InternalTransaction) error {
	_, err := c.one.CommitTransaction(c.t.Context(), &stub.CommitTransactionRequest{InternalTransaction: h})
	return err
}

func (c *client) abort(h *stub.InternalTransaction) error {
	_, err := c.one.AbortTransaction(c.t.Context(), &stub.AbortTransactionRequest{InternalTransaction: h})
	return err
}

// within sends a message in a transaction.
func (h *handle) within(u *mqmq.TransactionUOW, label string) error {
	h.t.Helper()
	b := labelled(label)
	b.Old.UOW = u
	_, err := h.send(b)
	return err
}

func transactional(t *testing.T) (*machine, *client) {
	t.Helper()
	m := start(t)
	yes := true
	m.create("q", localqm.QueueSpec{Transactional: &yes})
	return m, m.as("alice")
}

func TestATransactionIsTrueWhenItIsCommitted(t *testing.T) {
	m, c := transactional(t)
	out, in := c.open("q", send), c.open("q", receive)
	tx := c.begin(unit(1))
	ok(t, out.within(unit(1), "a"))
	ok(t, out.within(unit(1), "b"))
	if got := m.qm.Labels("q"); len(got) != 0 {
		t.Errorf("before the commit the queue has %v", got)
	}
	ok(t, c.commit(tx))
	d := m.qm.Browsed("q")
	if len(d) != 2 || d[0].Message.Label != "a" || !d[0].Message.First || d[0].Message.Last || !d[1].Message.Last ||
		d[0].Message.Delivery != mq.Recoverable || d[0].Message.Priority != 0 {
		t.Fatalf("after the commit: %v", m.qm.Labels("q"))
	}
	tx = c.begin(unit(1))
	if got, err := in.label(actionReceive, 0, unit(1)); err != nil || got != "a" {
		t.Fatalf("received %q, %v", got, err)
	}
	in.expect("b", actionCurrent, 0)
	ok(t, c.abort(tx))
	in.expect("a", actionReceive, 0)
	in.expect("b", actionReceive, 0)
	_, err := out.send(labelled("no transaction"))
	answers(t, "send without a transaction", err, mq.ErrTransactionUsage)
}

func TestHandlesOfTransactionsAreGoodOnce(t *testing.T) {
	_, c := transactional(t)
	tx := c.begin(unit(1))
	_, err := c.enlist(unit(1))
	answers(t, "the same unit of work", err, mq.ErrTransactionSequence)
	_, err = c.enlist(unit(0))
	answers(t, "no unit of work", err, mq.ErrInvalidParameter)
	ok(t, c.commit(tx))
	answers(t, "committed twice", c.commit(tx), mq.ErrInvalidHandle)
	answers(t, "aborted after", c.abort(tx), mq.ErrInvalidHandle)
	answers(t, "a queue is no transaction", c.commit((*stub.InternalTransaction)(c.open("q", send).queue)), mq.ErrInvalidHandle)
	answers(t, "a transaction is no queue", func() error {
		_, err := c.one.CloseHandle(t.Context(), &stub.CloseHandleRequest{Queue: (*stub.Queue)(c.begin(unit(2)))})
		return err
	}(), mq.ErrInvalidHandle)
	out := c.open("q", send)
	answers(t, "a unit of work that has ended", out.within(unit(1), "m"), mq.ErrTransactionSequence)
	res, err := c.one.AbortTransaction(t.Context(), &stub.AbortTransactionRequest{InternalTransaction: c.begin(unit(3))})
	ok(t, err)
	if id := res.InternalTransaction.UUID; id == nil || id.Data1 != 0 || id.Data2 != 0 || id.Data3 != 0 || !bytes.Equal(id.Data4, make([]byte, 8)) {
		t.Errorf("the handle came back as %v", id)
	}
}

func TestATransactionIsItsUsers(t *testing.T) {
	m, alice := transactional(t)
	alice.begin(unit(1))
	bob := m.as("bob")
	answers(t, "to send", bob.open("q", send).within(unit(1), "m"), mq.ErrTransactionSequence)
	_, err := bob.open("q", receive).label(actionReceive, 0, unit(1))
	answers(t, "to receive", err, mq.ErrTransactionSequence)
	// Another connection of the user may.
	ok(t, m.as("alice").open("q", send).within(unit(1), "m"))
}

func TestATransactionPeeksAtNothingAndNeedsATransactionalQueue(t *testing.T) {
	m, c := transactional(t)
	m.create("plain", localqm.QueueSpec{})
	m.qm.Send("plain", qmtest.Message("m"))
	c.begin(unit(1))
	_, err := c.open("q", receive).label(actionCurrent, 0, unit(1))
	answers(t, "peek", err, mq.ErrTransactionUsage)
	_, err = c.open("plain", receive).label(actionReceive, 0, unit(1))
	answers(t, "receive", err, mq.ErrTransactionUsage)
	answers(t, "send", c.open("plain", send).within(unit(1), "m"), mq.ErrTransactionUsage)
}

func TestWhatAClientLeavesOpenIsRunDown(t *testing.T) {
	m, c := transactional(t)
	yes := true
	m.create("other", localqm.QueueSpec{Transactional: &yes})
	tx := c.begin(unit(9))
	ok(t, c.open("q", send).within(unit(9), "stays"))
	ok(t, c.commit(tx))
	// It goes with a message received, one sent, and a queue for itself alone.
	c.begin(unit(1))
	if got, err := c.open("q", receive).label(actionReceive, 0, unit(1)); err != nil || got != "stays" {
		t.Fatalf("received %q, %v", got, err)
	}
	ok(t, c.open("other", send).within(unit(1), "vanishes"))
	h, err := c.tryOpen(direct("other"), receive, 1)
	ok(t, err)
	waiting := h.waits(t.Context(), actionReceive, 0xFFFFFFFF)
	next := m.as("alice")
	_, err = next.tryOpen(direct("other"), receive, 0)
	answers(t, "while it is open exclusively", err, mq.ErrSharingViolation)
	ok(t, c.Close(context.Background()))
	<-waiting
	qmtest.Eventually(t, "the queue can be opened again", func() bool {
		_, err := next.tryOpen(direct("other"), receive, 1)
		return err == nil
	})
	qmtest.Eventually(t, "the transaction is aborted", func() bool { return len(m.qm.Labels("q")) == 1 && len(m.qm.Labels("other")) == 0 })
	s, err := m.qm.Status(t.Context(), qmtest.Owner)
	ok(t, err)
	if s.Transactions != 0 {
		t.Errorf("%d transactions are left", s.Transactions)
	}
	next.begin(unit(1)) // the unit of work is free again
	answers(t, "the number of a queue that is closed", func() error {
		_, err := (&handle{client: next, context: h.context}).label(actionReceive, 0, nil)
		return err
	}(), mq.ErrInvalidHandle)
}

func TestDistributedTransactionsAreDecodedCheckedAndRefused(t *testing.T) {
	m := start(t)
	c := m.as("alice")
	out, err := c.one.GetTMWhereabouts(t.Context(), &stub.GetTMWhereaboutsRequest{BufferLength: 100})
	answers(t, "R_QMGetTmWhereabouts", err, mq.ErrTransactionEnlist)
	if len(out.Whereabouts) != 100 {
		t.Errorf("the buffer came back with %d bytes", len(out.Whereabouts))
	}
	enlist := func(u *mqmq.TransactionUOW, cookie []byte) error {
		_, err := c.one.EnlistTransaction(t.Context(), &stub.EnlistTransactionRequest{UOW: u, Cookie: cookie, CookieLength: uint32(len(cookie))})
		return err
	}
	answers(t, "R_QMEnlistTransaction", enlist(unit(1), []byte("cookie")), mq.ErrTransactionEnlist)
	answers(t, "without a unit of work", enlist(unit(0), []byte("cookie")), mq.ErrInvalidParameter)
	in := encoded(t, &stub.EnlistTransactionRequest{UOW: unit(1), Cookie: []byte("cook"), CookieLength: 4}, nil)
	in[16] = 5
	_, err = c.stub(stub.QmcommSyntaxV1_0, 15, in)
	faults(t, "a cookie of another size", err, rpc.FaultBadStub)
	_, err = c.stub(stub.QmcommSyntaxV1_0, 14, []byte{1, 0, 2, 0})
	faults(t, "whereabouts of 131,073 bytes", err, rpc.FaultBadStub)
}
