package session

import (
	"errors"
	"io"
	"os"
	"time"

	"posthouse/localqm/wire"
)

const (
	// handshakeBuffer holds the largest packet of a handshake.
	handshakeBuffer = 1 << 10
	readBuffer      = 32 << 10
	pieceBytes      = 64 << 10 // of a large packet, allocated when the one before is full
	baseBytes       = 16
	// internalBytes is the largest packet of the session itself, EstablishConnection
	// (MS-MQQB 2.2.3).
	internalBytes = 572
)

// reader cuts a connection into packets.
type reader struct {
	s        *Session
	buf      []byte
	r, w     int  // unread bytes are buf[r:w]
	timed    bool // each packet has a deadline; false: the handshake has one
	deadline bool // the connection has one
	begun    bool // it is that of the packet that is read now
}

func newReader(s *Session) *reader { return &reader{s: s, buf: make([]byte, handshakeBuffer)} }

// opened prepares for messages.
func (r *reader) opened() {
	buf := make([]byte, readBuffer)
	r.w = copy(buf, r.buf[r.r:r.w])
	r.r, r.buf, r.timed = 0, buf, true
}

// packet reads the next packet. A message has memory of its own, which is charged to
// Memory; another packet is valid until the next is read. Only an open session takes
// messages: they are refused before they are read. io.EOF tells that the peer closed
// between two packets.
func (r *reader) packet(open bool) ([]byte, error) {
	r.begun = false
	for r.w-r.r < baseBytes {
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
	base, err := wire.ParseBase(r.buf[r.r:r.w])
	if err != nil {
		return nil, breach("%w", err)
	}
	size := base.FrameSize()
	switch {
	case base.Internal() && size > internalBytes:
		return nil, breach("a packet of the session itself claims %d bytes", size)
	case !base.Internal() && !open:
		return nil, breach("a message came before the session was open")
	case !base.Internal():
		return r.message(size)
	}
	for r.w-r.r < size {
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
	p := r.buf[r.r : r.r+size]
	r.r += size
	return p, nil
}

// message reads a UserMessage packet of size bytes. A large one is read in pieces
// that are joined when it is complete: what it claims costs nothing, what it takes
// is not more than twice what came.
func (r *reader) message(size int) ([]byte, error) {
	memory := r.s.cfg.Memory
	if size <= pieceBytes {
		if err := memory.take(r.s, size); err != nil {
			return nil, err
		}
		p := make([]byte, size)
		if err := r.full(p); err != nil {
			memory.release(size)
			return nil, err
		}
		return p, nil
	}
	l := memory.begin(r.s)
	p, err := r.large(l, size)
	return p, memory.finish(l, err)
}

func (r *reader) large(l *large, size int) ([]byte, error) {
	var pieces [][]byte
	for left := size; left > 0; left -= pieceBytes {
		n := min(left, pieceBytes)
		if err := r.s.cfg.Memory.grow(l, n); err != nil {
			return nil, err
		}
		b := make([]byte, n)
		if err := r.full(b); err != nil {
			return nil, err
		}
		pieces = append(pieces, b)
	}
	p := make([]byte, 0, size)
	for _, b := range pieces {
		p = append(p, b...)
	}
	return p, nil
}

// full reads as many bytes of a packet as b has.
func (r *reader) full(b []byte) error {
	for len(b) > 0 {
		if r.r == r.w && len(b) >= len(r.buf) {
			n, err := r.read(b) // the buffer would only be in the way
			if err != nil {
				return err
			}
			b = b[n:]
			continue
		}
		if r.r == r.w {
			if err := r.fillWithin(); err != nil {
				return err
			}
		}
		n := copy(b, r.buf[r.r:r.w])
		b, r.r = b[n:], r.r+n
	}
	return nil
}

// fill reads more into the buffer. Between packets it waits for as long as it takes.
func (r *reader) fill() error {
	if r.w > r.r {
		return r.fillWithin()
	}
	r.r, r.w = 0, 0
	if r.deadline {
		r.deadline = false
		if err := r.s.conn.SetReadDeadline(time.Time{}); err != nil {
			return err
		}
	}
	n, err := r.s.conn.Read(r.buf)
	if r.w = n; n > 0 {
		r.s.progress.Store(true)
		return nil
	}
	return err
}

// fillWithin is fill within a packet.
func (r *reader) fillWithin() error {
	if r.r > 0 {
		r.w = copy(r.buf, r.buf[r.r:r.w])
		r.r = 0
	}
	n, err := r.read(r.buf[r.w:])
	r.w += n
	return err
}

// read reads more of a packet that began, which has its time.
func (r *reader) read(b []byte) (int, error) {
	if r.timed && !r.begun {
		r.begun, r.deadline = true, true
		if err := r.s.conn.SetReadDeadline(time.Now().Add(r.s.cfg.Packet)); err != nil {
			return 0, err
		}
	}
	n, err := r.s.conn.Read(b)
	switch {
	case n > 0:
		r.s.progress.Store(true)
		return n, nil
	case errors.Is(err, io.EOF):
		return 0, breach("the connection ends within a packet: %w", io.ErrUnexpectedEOF)
	case r.timed && errors.Is(err, os.ErrDeadlineExceeded):
		return 0, breach("a packet was not complete within %v", r.s.cfg.Packet)
	}
	return 0, err
}
