package control

import (
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// protocol is the version of the protocol; both ends must have the same.
const protocol = 3

// Limits of a connection.
const (
	maxCalls     = 256              // at once on one connection
	window       = 64               // items a stream may be ahead of its reader
	helloTime    = 10 * time.Second // for the whole handshake
	frameTime    = 60 * time.Second // for the rest of a frame that began, and for writing one
	answerTime   = 5 * time.Second  // a cancelled call waits so long for what it did
	queuesAtOnce = 200
	idsAtOnce    = 10_000
)

// limits are those of a server that tests change.
type limits struct {
	conns        int // at once
	hello, frame time.Duration
}

var defaults = limits{conns: 64, hello: helloTime, frame: frameTime}

// hello is what the two tell each other first.
type hello struct {
	Protocol int                     `json:"protocol"`
	Program  string                  `json:"program,omitempty"`
	PID      int                     `json:"pid,omitempty"`
	Can      []mgmtclient.Capability `json:"can,omitempty"`
}

// params are the arguments of all methods.
type params struct {
	Queue       string                      `json:"queue,omitempty"`
	To          string                      `json:"to,omitempty"`
	Filter      *mgmtclient.QueueFilter     `json:"filter,omitempty"`
	Page        *mgmtclient.Page            `json:"page,omitempty"`
	ID          mgmtclient.LookupID         `json:"id,omitempty"`
	IDs         []mgmtclient.LookupID       `json:"ids,omitempty"`
	BodyLimit   int                         `json:"bodyLimit,omitempty"`
	Limit       int                         `json:"limit,omitempty"`
	Settings    *mgmtclient.QueueSettings   `json:"settings,omitempty"`
	Send        *mgmtclient.SendRequest     `json:"send,omitempty"`
	Receive     *mgmtclient.ReceiveOptions  `json:"receive,omitempty"`
	Search      *mgmtclient.Search          `json:"search,omitempty"`
	SDDL        string                      `json:"sddl,omitempty"`
	Permissions *mgmtclient.Permissions     `json:"permissions,omitempty"`
	Machine     *mgmtclient.MachineSettings `json:"machine,omitempty"`
	Records     []mgmtclient.Record         `json:"records,omitempty"`
}

// result is what methods answer, in items or at their end.
type result struct {
	Machine     *mgmtclient.Machine     `json:"machine,omitempty"`
	Queues      []mgmtclient.Queue      `json:"queues,omitempty"`
	Queue       *mgmtclient.Queue       `json:"queue,omitempty"`
	Page        *mgmtclient.MessagePage `json:"page,omitempty"`
	Message     *mgmtclient.Message     `json:"message,omitempty"`
	Count       int64                   `json:"count,omitempty"`
	Sent        *mgmtclient.SendResult  `json:"sent,omitempty"`
	Items       []mgmtclient.ItemResult `json:"items,omitempty"`
	SDDL        string                  `json:"sddl,omitempty"`
	Permissions *mgmtclient.Permissions `json:"permissions,omitempty"`
	Tidy        *mgmtclient.TidyResult  `json:"tidy,omitempty"`
	Check       *mgmtclient.CheckResult `json:"check,omitempty"`
	Signal      *mgmtclient.Signal      `json:"signal,omitempty"`
	Records     []mgmtclient.Record     `json:"records,omitempty"`
}

// Info says who is at the other end of a connection.
type Info struct {
	PID     int    // of the process whose queue manager it is
	Program string // its version
}

// Peer is the process at the other end, as the system knows it.
type Peer struct {
	UID  uint32 // outside Windows
	GID  uint32 // outside Windows
	SID  string // on Windows
	PID  int    // 0: not known
	Root bool   // the administrator of the machine
}

func unavailable(op, why string, args ...any) *mq.Error {
	return mq.Errorf(mq.ErrServiceNotAvailable, op, why, args...)
}
