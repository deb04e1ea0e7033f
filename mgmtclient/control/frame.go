package control

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Sizes of frames in bytes, without the four of the length.
const (
	maxFrame  = 8 << 20
	maxHello  = 4 << 10 // before the two know each other
	frameHead = 1 + 4 + 4
)

// frameKind tells what a frame is.
type frameKind uint8

// The kinds: from the client hello, call, cancel and credit; from the server
// welcome, refusal, item and result.
const (
	kindHello   frameKind = 1
	kindCall    frameKind = 2
	kindCancel  frameKind = 3
	kindCredit  frameKind = 4
	kindWelcome frameKind = 16
	kindRefusal frameKind = 17
	kindItem    frameKind = 18
	kindResult  frameKind = 19
)

// frame is one message between the two processes.
type frame struct {
	kind frameKind
	call uint32
	body body
}

// body is the JSON of a frame. What a kind does not use is left out.
type body struct {
	Hello  *hello     `json:"hello,omitempty"`
	Method string     `json:"method,omitempty"`
	Left   int64      `json:"left,omitempty"` // milliseconds a call may take; 0: any
	Params *params    `json:"params,omitempty"`
	Result *result    `json:"result,omitempty"`
	Error  *wireError `json:"error,omitempty"`
	Credit int        `json:"credit,omitempty"` // items the client takes
	Blobs  []int      `json:"blobs,omitempty"`  // lengths of the bytes after the JSON; -1: nil
}

// wireError is an mq.Error on its way.
type wireError struct {
	Code mq.HResult `json:"code"`
	Op   string     `json:"op,omitempty"`
	Why  string     `json:"why,omitempty"`
	Fix  string     `json:"fix,omitempty"`
}

func toWire(err error) *wireError {
	if err == nil {
		return nil
	}
	var e *mq.Error
	if errors.As(err, &e) {
		return &wireError{Code: e.Code, Op: e.Op, Why: e.Why, Fix: e.Fix}
	}
	w := &wireError{Code: mq.CodeOf(err), Why: err.Error()}
	var code mq.HResult
	if errors.As(err, &code) && err.Error() == code.Error() {
		w.Why = "" // the code says it all
	}
	return w
}

// fromWire rebuilds the error.
func (w *wireError) fromWire() error {
	if w == nil {
		return nil
	}
	return &mq.Error{Code: w.Code, Op: w.Op, Why: w.Why, Fix: w.Fix}
}

var errTooLarge = errors.New("the frame is too large")

// encode makes the bytes of a frame.
func encode(f frame) ([]byte, error) {
	blobs := detach(&f.body)
	raw := 0
	for _, b := range blobs {
		f.body.Blobs = append(f.body.Blobs, blobLen(b))
		raw += len(b)
	}
	text, err := json.Marshal(&f.body)
	if err != nil {
		return nil, fmt.Errorf("encode a frame: %w", err)
	}
	size := frameHead + len(text) + raw
	if size > maxFrame {
		return nil, errTooLarge
	}
	out := make([]byte, 0, 4+size)
	out = binary.BigEndian.AppendUint32(out, uint32(size))
	out = append(out, byte(f.kind))
	out = binary.BigEndian.AppendUint32(out, f.call)
	out = binary.BigEndian.AppendUint32(out, uint32(len(text)))
	out = append(out, text...)
	for _, b := range blobs {
		out = append(out, b...)
	}
	return out, nil
}

func blobLen(b []byte) int {
	if b == nil {
		return -1
	}
	return len(b)
}

// readFrame reads a frame of at most limit bytes. begun is called once its
// length is known, so that the rest can be given a deadline. Memory grows with
// the bytes that come, not with the length that was claimed.
func readFrame(r io.Reader, limit int, begun func()) (frame, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	begun()
	size := binary.BigEndian.Uint32(head[:])
	if size < frameHead || size > uint32(limit) {
		return frame{}, fmt.Errorf("a frame of %d bytes is announced", size)
	}
	var buf bytes.Buffer
	buf.Grow(int(min(size, 64<<10)))
	if _, err := io.CopyN(&buf, r, int64(size)); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return frame{}, err
	}
	return decode(buf.Bytes())
}

// decode reads what encode made; the frame keeps b.
func decode(b []byte) (frame, error) {
	if len(b) < frameHead {
		return frame{}, errors.New("a frame without a head")
	}
	f := frame{kind: frameKind(b[0]), call: binary.BigEndian.Uint32(b[1:])}
	text := binary.BigEndian.Uint32(b[5:])
	b = b[frameHead:]
	if uint64(text) > uint64(len(b)) {
		return frame{}, errors.New("the text of a frame is longer than the frame")
	}
	if err := json.Unmarshal(b[:text], &f.body); err != nil {
		return frame{}, fmt.Errorf("the text of a frame: %w", err)
	}
	b = b[text:]
	room := slots(&f.body)
	if len(room) != len(f.body.Blobs) {
		return frame{}, fmt.Errorf("a frame has %d blobs and room for %d", len(f.body.Blobs), len(room))
	}
	for i, n := range f.body.Blobs {
		switch {
		case n == -1:
			*room[i] = nil
		case n < 0 || n > len(b):
			return frame{}, errors.New("a blob is longer than its frame")
		default:
			*room[i], b = b[:n:n], b[n:]
		}
	}
	if len(b) > 0 {
		return frame{}, errors.New("bytes after the end of a frame")
	}
	return f, nil
}

// slots are the byte fields that travel beside the JSON, always in the same
// order.
func slots(b *body) []*[]byte {
	var list []*[]byte
	message := func(m *mgmtclient.Message) { list = append(list, &m.Body, &m.Extension) }
	if p := b.Params; p != nil {
		if p.Send != nil {
			list = append(list, &p.Send.Body, &p.Send.Extension)
		}
		for i := range p.Records {
			list = append(list, &p.Records[i].Packet)
		}
	}
	if r := b.Result; r != nil {
		if r.Page != nil {
			for i := range r.Page.Messages {
				message(&r.Page.Messages[i])
			}
		}
		if r.Message != nil {
			message(r.Message)
		}
		for i := range r.Records {
			list = append(list, &r.Records[i].Packet)
		}
	}
	return list
}

// detach takes the byte fields out of copies of what the caller gave.
func detach(b *body) [][]byte {
	if b.Params != nil {
		p := *b.Params
		if p.Send != nil {
			s := *p.Send
			p.Send = &s
		}
		p.Records = append([]mgmtclient.Record(nil), p.Records...)
		b.Params = &p
	}
	if b.Result != nil {
		r := *b.Result
		if r.Page != nil {
			page := *r.Page
			page.Messages = append([]mgmtclient.Message{}, page.Messages...)
			r.Page = &page
		}
		if r.Message != nil {
			m := *r.Message
			r.Message = &m
		}
		r.Records = append([]mgmtclient.Record(nil), r.Records...)
		b.Result = &r
	}
	var blobs [][]byte
	for _, s := range slots(b) {
		blobs = append(blobs, *s)
		*s = nil
	}
	return blobs
}
