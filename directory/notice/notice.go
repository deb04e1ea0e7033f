package notice

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"posthouse/localqm/mq"
)

// Queue is the number of the private queue that notices go to (NOTIFY_QUEUE_PRIVATE,
// MS-MQCN 1.9).
const Queue = 3

// TimeToReachQueue is how long a notice may be on its way, in seconds (MS-MQCN
// 3.3.5.3).
const TimeToReachQueue = 300

// The versions of a notification message (MS-MQCN 2.2.4).
const (
	Version1 = 1 // of a directory service of MSMQ 1.0
	Version2 = 2 // of a queue manager
)

// Event is what happened (MS-MQCN 2.2.5).
type Event uint8

// The events.
const (
	QueueCreated Event = iota + 1
	QueueChanged
	QueueDeleted
	MachineChanged
)

var eventNames = [...]string{QueueCreated: "queue created", QueueChanged: "queue changed", QueueDeleted: "queue deleted", MachineChanged: "queue manager changed"}

// String is for people.
func (e Event) String() string {
	if e < QueueCreated || e > MachineChanged {
		return "unknown event"
	}
	return eventNames[e]
}

// Message is a notification message. Version says which of the others counts.
type Message struct {
	Version uint8
	Notice  Notice   // of version 2
	Updates []Update // of version 1
}

// Notice is the body of version 2 (MS-MQCN 2.2.5): it names the object and carries
// nothing of it.
type Notice struct {
	Event      Event
	Object     mq.GUID // queue or queue manager
	Controller string  // that the object was changed at
}

// maxController bounds the name of a directory server (MS-MQCN 2.2.5).
const maxController = 256

// The parts of a body. The ABNF of MS-MQCN 2.2.5 prints a space in one end tag; it
// is read and never written.
var (
	tagEvent  = [2]string{"<Notification><Event>", "</Event>"}
	tagObject = [2]string{"<ObjectGuid>", "</ObjectGuid>"}
	tagServer = [2]string{"<DomainController>", "</DomainController>"}
)

const (
	tagObjectSpaced = "</ObjectGuid >"
	tagEnd          = "</Notification>"
	maxText         = 512 // characters: more than the longest
)

const opRead = "read a change notification"

func bad(format string, args ...any) error {
	return mq.Errorf(mq.ErrInvalidParameter, opRead, format, args...)
}

// Parse reads the body of a message to the notification queue. What it returns
// shares nothing with b. The error is a *mq.Error with MQ_ERROR_INVALID_PARAMETER.
func Parse(b []byte) (Message, error) {
	if len(b) < 2 {
		return Message{}, bad("it has %d bytes", len(b))
	}
	m := Message{Version: b[0]}
	var err error
	switch {
	case b[0] == Version2 && b[1] == 1:
		m.Notice, err = parseNotice(b[2:])
	case b[0] == Version2:
		err = bad("version 2 has one notification, not %d", b[1])
	case b[0] == Version1 && b[1] > 0:
		m.Updates, err = parseUpdates(b[2:], int(b[1]))
	case b[0] == Version1:
		err = bad("it has no update")
	default:
		err = bad("version %d does not exist", b[0])
	}
	if err != nil {
		return Message{}, err
	}
	return m, nil
}

// Body is a notice as the body of a message, with the unused byte at its end
// (MS-MQCN 3.3.5.3). The error tells what cannot be written.
func (n Notice) Body() ([]byte, error) {
	const op = "write a change notification"
	switch {
	case n.Event < QueueCreated || n.Event > MachineChanged:
		return nil, mq.Errorf(mq.ErrInvalidParameter, op, "event %d does not exist", n.Event)
	case n.Object.IsZero():
		return nil, mq.Errorf(mq.ErrInvalidParameter, op, "it names no object")
	case !visible(n.Controller):
		return nil, mq.Errorf(mq.ErrInvalidParameter, op, "%s is no name of a directory server", mq.Quote(n.Controller))
	}
	text := tagEvent[0] + string('0'+rune(n.Event)) + tagEvent[1] +
		tagObject[0] + strings.ToUpper(n.Object.String()) + tagObject[1] +
		tagServer[0] + n.Controller + tagServer[1] + tagEnd
	b := make([]byte, 0, 2+2*len(text)+1)
	b = append(b, Version2, 1)
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return append(b, 0), nil
}

// visible reports 1 to 256 visible ASCII characters (VCHAR) that leave the tags alone.
func visible(s string) bool {
	if s == "" || len(s) > maxController {
		return false
	}
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7E || s[i] == '<' {
			return false
		}
	}
	return true
}

// parseNotice reads a body of version 2. After its text there may be a NUL and one
// byte without meaning.
func parseNotice(b []byte) (Notice, error) {
	text, rest := ascii(b)
	var n Notice
	event, text, ok := element(text, tagEvent)
	if !ok || len(event) != 1 || event[0] < '1' || event[0] > '4' {
		return n, bad("its event is missing or unknown")
	}
	n.Event = Event(event[0] - '0')
	object, text, ok := element(strings.Replace(text, tagObjectSpaced, tagObject[1], 1), tagObject)
	if !ok || len(object) != 36 {
		return n, bad("it names no object")
	}
	var err error
	if n.Object, err = mq.ParseGUID(object); err != nil || n.Object.IsZero() {
		return n, bad("it names no object")
	}
	if n.Controller, text, ok = element(text, tagServer); !ok || !visible(n.Controller) {
		return n, bad("it names no directory server")
	}
	if text != tagEnd || !idle(rest) {
		return n, bad("something follows its end")
	}
	return n, nil
}

// ascii reads UTF-16 up to what is no ASCII character, a NUL or too much; rest is
// what is left then.
func ascii(b []byte) (text string, rest []byte) {
	var s strings.Builder
	for len(b) >= 2 && s.Len() < maxText {
		u := binary.LittleEndian.Uint16(b)
		if u == 0 || u > 0x7E {
			break
		}
		s.WriteByte(byte(u))
		b = b[2:]
	}
	return s.String(), b
}

// idle reports that nothing is left but a NUL and one byte.
func idle(rest []byte) bool {
	if len(rest) >= 2 && rest[0] == 0 && rest[1] == 0 {
		rest = rest[2:]
	}
	return len(rest) <= 1
}

// element takes what stands between two tags at the beginning of a text.
func element(text string, tag [2]string) (value, rest string, ok bool) {
	text, ok = strings.CutPrefix(text, tag[0])
	if !ok {
		return "", "", false
	}
	return strings.Cut(text, tag[1])
}
