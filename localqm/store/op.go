package store

import "posthouse/localqm/mq"

// Step is a change that happens whole or not at all.
type Step struct {
	Ops []Op
	// Done is called by the writer after the commit, in commit order, with Err
	// set. It must not block and must not call the store's writing methods
	// other than Submit.
	Done func(*Step)
	Err  error
	// After, if set, is a step submitted before on which this one builds: if it
	// failed, so does this one, with ErrSkipped. The store forgets it at the end.
	After *Step
}

// Op is one operation of a step.
type Op interface{ op() }

// Put adds a message to the end of its priority; ErrNoSlot without a queue.
// Submit sets Row.BodySize, the commit Row.Lookup. The row belongs to the store
// from Submit on.
type Put struct{ Row *Row }

// Remove takes a message away; the step fails with ErrGone if it is not there.
type Remove struct {
	Place
	// Express tells where the row lives, from Row.Express.
	Express bool
}

// Move puts a message into another slot; its place in the order, its id and,
// unless it is to end, its deadline stay, its move count grows (MS-MQRR
// 3.1.4.13).
type Move struct {
	Place
	To       Slot
	At       int64 // Unix seconds
	Express  bool
	NoExpiry bool `json:",omitempty"` // its deadline is over: it never expires there
}

// Abort counts an aborted receive of a message that stays where it is.
type Abort struct {
	Place
	Express bool
}

// CreateQueue adds a queue with a slot from NewSlot; ErrTaken if the slot, the
// name (whatever its case, among queues of its kind that are not draining), or
// the parent's journal or awaiting slot is there already.
type CreateQueue struct {
	Queue Queue
	// IfMissing: nothing happens if the slot has that queue (the same ID), so
	// that several steps may bring it along, of which some may fail.
	IfMissing bool
}

// UpdateQueue replaces a queue's properties; ErrNoSlot, ErrTaken.
type UpdateQueue struct{ Queue Queue }

// DeleteQueue forgets a queue; ErrNotEmpty if after the step it still has
// messages, a journal or subqueues. Parents are verified at the step's end too.
type DeleteQueue struct{ Slot Slot }

// PutState and DeleteState keep protocol state: settings of the machine,
// message-id history, streams, order acknowledgements due.
type PutState struct {
	Space      string
	Key, Value []byte
}

// DeleteState removes a pair; nothing happens if it is not there.
type DeleteState struct {
	Space string
	Key   []byte
}

// Identify gives the queue manager another identifier (Identity.ID).
type Identify struct{ ID mq.GUID }

// Prepare keeps a transaction's operations until Forget; ErrTaken if it is
// prepared already.
type Prepare struct {
	ID  mq.GUID
	Ops []Op
}

// Forget ends a prepared transaction; its operations follow in the same step
// if it committed. ErrGone if there is none.
type Forget struct{ ID mq.GUID }

func (*Put) op()         {}
func (*Remove) op()      {}
func (*Move) op()        {}
func (*Abort) op()       {}
func (*CreateQueue) op() {}
func (*UpdateQueue) op() {}
func (*DeleteQueue) op() {}
func (*PutState) op()    {}
func (*DeleteState) op() {}
func (*Identify) op()    {}
func (*Prepare) op()     {}
func (*Forget) op()      {}
