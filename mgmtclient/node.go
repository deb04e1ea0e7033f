package mgmtclient

import (
	"context"
	"errors"

	"posthouse/localqm/mq"
)

// Node is one queue manager.
//
// A queue argument is any path name or format name of MS-MQMQ 2.1; a bare
// `orders` means `.\private$\orders` (mq.ParseQueue).
type Node interface {
	// Machine describes the queue manager and its totals.
	Machine(ctx context.Context) (Machine, error)
	// Queues lists queues with their counters, in the order of their names.
	Queues(ctx context.Context, f QueueFilter) ([]Queue, error)
	// Queue describes one queue, journal, subqueue or system queue.
	Queue(ctx context.Context, queue string) (Queue, error)
	// Messages returns one page of a queue, without removing anything. A page
	// has fewer rows than asked for, and More, once it takes PageBytes.
	Messages(ctx context.Context, queue string, p Page) (MessagePage, error)
	// Message returns one message with at most bodyLimit bytes of its body
	// (negative: all of it). BodySize always tells the whole.
	Message(ctx context.Context, queue string, id LookupID, bodyLimit int) (Message, error)
	// Close releases what the node holds. A closed node answers
	// MQ_ERROR_INVALID_HANDLE.
	Close() error
}

// QueueFilter selects queues; the zero value is every private queue.
type QueueFilter struct {
	System       bool `json:"system,omitempty"`       // journal and dead-letter queues of the machine, and hidden ones
	Outgoing     bool `json:"outgoing,omitempty"`     // outgoing queues
	Private      bool `json:"private,omitempty"`      // private queues; implied when nothing is set
	Public       bool `json:"public,omitempty"`       // public queues
	WithMessages bool `json:"withMessages,omitempty"` // leave out what is empty (journal too)
	// Contains leaves out queues in whose name or label it does not occur,
	// letter case ignored.
	Contains string `json:"contains,omitempty"`
}

// Page asks for a range of a queue in queue order: priority, then arrival.
type Page struct {
	After     LookupID `json:"after,omitempty"`  // only what stands behind this one; 0: from the front
	Before    LookupID `json:"before,omitempty"` // only what stands in front of this one; 0: to the end
	Last      bool     `json:"last,omitempty"`   // the last Limit of the range instead of the first
	Limit     int      `json:"limit,omitempty"`  // at most so many; 0: 100; at most 1,000
	BodyLimit int      `json:"bodyLimit,omitempty"`
}

// Size is how many messages a page has at most; op is what asks for it, for the error.
func (p Page) Size(op string) (int, error) {
	if p.Limit == 0 {
		return DefaultPage, nil
	}
	if p.Limit < 0 || p.Limit > MaxPage {
		return 0, mq.Errorf(mq.ErrInvalidParameter, op, "a page of %d messages was asked for", p.Limit).
			WithFix("ask for 1 to %d", MaxPage)
	}
	return p.Limit, nil
}

// MessagePage is a page in queue order, whichever end it was asked from.
type MessagePage struct {
	Messages []Message `json:"messages"`
	More     bool      `json:"more"` // the range goes on beyond this page
}

// Handle text of the names that every machine has (MS-MQMQ 2.1.1, 2.1.8).
const (
	MachineJournal        = `.\system$;journal`
	DeadLetterQueue       = `.\system$;deadletter`
	TransactionDeadLetter = `.\system$;deadxact`
)

// Code is the HRESULT of an error of a Node.
func Code(err error) mq.HResult { return mq.CodeOf(err) }

// Interrupted is the answer of a call whose context ended: MQ_ERROR_
// OPERATION_CANCELLED, with the context's own error as the cause.
func Interrupted(ctx context.Context, op string) error {
	why := "it was cancelled"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		why = "the time allowed for it was over"
	}
	return &mq.Error{Code: mq.ErrOperationCancelled, Op: op, Why: why, Err: ctx.Err()}
}

// Closed is the answer of a node after Close.
func Closed(op string) error {
	return &mq.Error{Code: mq.ErrInvalidHandle, Op: op, Why: "the connection to the queue manager was closed here", Fix: "open it again"}
}

// The limits of a page.
const (
	DefaultPage = 100
	MaxPage     = 1000

	// PageBytes is how much a page of messages with bodies or of records may
	// take before it ends early; RowBytes is counted for each beside its body
	// and extension.
	PageBytes = 3 << 20
	RowBytes  = 2 << 10
)
