// Package session is the protocol session of MS-MQQB 2.1.1: one TCP connection
// between two queue managers over which each sends messages to the other and
// acknowledges what came.
//
// A session counts and acknowledges; it neither stores nor understands messages.
// Dial opens one, a Server accepts them, and a Handler is told what happens. What
// was sent and not acknowledged when a session ends is its owner's to send again.
//
// The protocol itself is the machine of machine.go with its two halves, sent.go and
// received.go: packets and time in, packets and events out, no connection, no
// goroutine, no clock. conn.go gives it a connection. Each session has three
// goroutines, for reading, writing and its timers; the one that reads waits for the
// two others and then calls Closed, the last call of a session. They share one
// mutex, which is never held while a Handler or the network is called. Those of a
// Server and of a Memory are taken before those of sessions, never both.
//
// The specification is followed except where that loses messages or trusts a peer:
//
//   - AckSequenceNumber counts the messages up to the first one that is not dealt
//     with, not those that came: a sender may forget what it acknowledges.
//   - RecoverableMsgAckSeqNumber is only ever the first recoverable message that is
//     not yet acknowledged, because a sender forgets all before it (3.1.5.5.3).
//   - Express messages are acknowledged as soon as recoverable ones, after half a
//     second as a rule and not after ten: their sender knows early that they came.
//   - A SessionHeader that acknowledges what was not sent means nothing. One with
//     wrong counts ends the session after what it acknowledges and the message that
//     it came with (3.1.5.5.5, MS-MQMQ 2.2.20.4), which may be in them or not.
//   - A queue manager without identifier gets no session.
//   - A window of 0 is 1, the times in ConnectionParameters are clamped to what
//     2.2.2.1 allows, and both sides keep to the smaller window.
//   - While a large packet passes slowly the peer counts as alive (3.1.6.3).
package session
