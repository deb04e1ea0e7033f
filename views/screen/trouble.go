package screen

import (
	"cmp"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Trouble is what a try to connect that failed says about the other side.
type Trouble int

// The troubles.
const (
	TroubleOther   Trouble = iota
	TroubleName            // its name was not found
	TroubleUnknown         // its address is not known
	TroubleRefused         // it answers, and nothing listens there
	TroubleSilent          // it does not answer
	TroubleNoWay           // this computer has no way there
	TroubleClosed          // it closed the connection
	TroubleTurned          // its queue manager refused
	TroubleFull            // its queue manager takes no more connections
)

// socketTroubles are the codes of Windows Sockets in a connection history, as
// HRESULTs (MS-MQMQ 2.3.12.25; MS-ERREF 2.1, facility WIN32).
var socketTroubles = map[mq.HResult]Trouble{
	0x80072743: TroubleNoWay,   // WSAENETUNREACH
	0x80072746: TroubleClosed,  // WSAECONNRESET
	0x8007274C: TroubleSilent,  // WSAETIMEDOUT
	0x8007274D: TroubleRefused, // WSAECONNREFUSED
	0x80072751: TroubleSilent,  // WSAEHOSTUNREACH
	0x80072AF9: TroubleName,    // WSAHOST_NOT_FOUND
}

// Failed reports whether an entry of a connection history tells a failure.
func Failed(c *mgmtclient.Connection) bool { return c.Failed || c.Status.Failed() }

// TroubleOf is what a failed entry of a connection history says.
func TroubleOf(c *mgmtclient.Connection) Trouble {
	switch c.Status {
	case mq.ConnDNSFailure:
		return TroubleName
	case mq.ConnNoRoutingData:
		return TroubleUnknown
	case mq.ConnRefused:
		return TroubleTurned
	case mq.ConnPingFailure, mq.ConnLimitReached:
		return TroubleFull
	}
	return socketTroubles[c.Error]
}

var shortTroubles = [...]string{
	TroubleOther: "", TroubleName: "Name not found", TroubleUnknown: "Address not known", TroubleRefused: "Connection refused",
	TroubleSilent: "No answer", TroubleNoWay: "No way there", TroubleClosed: "Connection closed",
	TroubleTurned: "Session turned down", TroubleFull: "Takes no connections",
}

// Short is the trouble in the fewest words; "" if nothing is known.
func (t Trouble) Short() string { return shortTroubles[t] }

// Obstacle says in a few words what stands between a computer and the
// destination of one of its outgoing queues.
func Obstacle(here string, q *mgmtclient.Queue) string {
	there := DestinationHost(q)
	lead := cmp.Or(there, "The destination")
	there = cmp.Or(there, "the destination")
	o := OutgoingOf(q)
	t := TroubleOther
	for k := len(o.History) - 1; k >= 0; k-- {
		if Failed(&o.History[k]) {
			t = TroubleOf(&o.History[k])
			break
		}
	}
	switch t {
	case TroubleName:
		return lead + " cannot be found"
	case TroubleUnknown:
		return "The address of " + there + " is not known"
	case TroubleRefused:
		return lead + " refuses the connection"
	case TroubleSilent:
		return lead + " does not answer"
	case TroubleNoWay:
		return "No way from " + here + " to " + there
	case TroubleClosed:
		return lead + " closes the connection"
	case TroubleTurned:
		return lead + " turns the session down"
	case TroubleFull:
		return lead + " takes no connections now"
	case TroubleOther:
	}
	if LineOf(q) == LineTrying {
		return "Trying to connect to " + there
	}
	return lead + " cannot be reached"
}

// From these parts of its life on, a message that has not left is a worry.
const (
	LifeWarning = 0.5
	LifeDanger  = 0.9
)

// LifeUsed is how much of the time that the oldest message of an outgoing queue
// has to reach its queue is gone, 0 to 1.
func LifeUsed(q *mgmtclient.Queue, now time.Time) float64 {
	o := OutgoingOf(q)
	if o.Oldest == nil || o.Expires == nil {
		return 0
	}
	life := o.Expires.Sub(*o.Oldest)
	if life <= 0 {
		return 1
	}
	return max(0, min(1, float64(now.Sub(*o.Oldest))/float64(life)))
}
