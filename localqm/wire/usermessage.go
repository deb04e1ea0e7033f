package wire

import (
	"slices"

	"posthouse/localqm/mq"
)

// UserMessage makes a stored packet the one that a reader gets: MessageClass says why
// the message is where it is, and what is kept behind the packet stays here. head, at
// and body are as Split returns them.
func UserMessage(head []byte, at int, body []byte, class mq.Class) ([]byte, error) {
	base, err := ParseBase(head)
	if err != nil {
		return nil, err
	}
	end := base.FrameSize() - len(body)
	if at < baseSize || end < at || end > len(head) {
		return nil, malformed("a body of %d bytes cannot be at offset %d of %d", len(body), at, len(head))
	}
	packet := slices.Concat(head[:at], body, head[at:end])
	if class != mq.ClassNormal {
		err = setClass(packet[:at], class)
	}
	return packet, err
}
