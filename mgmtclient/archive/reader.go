package archive

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"strconv"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/localqm/wire"
	"posthouse/mgmtclient"
)

// reader reads lines, checks their order and what can be checked of each.
type reader struct {
	r      *bufio.Reader
	sum    hash.Hash
	buf    []byte
	number int // of the line, for errors
	header Header
	end    End // counted so far
	inside bool
	done   bool
	names  map[string]bool
}

func newReader(r io.Reader) *reader {
	return &reader{r: bufio.NewReaderSize(r, 64<<10), sum: sha256.New(), names: map[string]bool{}}
}

const opRead = "read the export"

func (r *reader) bad(why string, args ...any) *mq.Error {
	e := mq.Errorf(mq.ErrInvalidParameter, opRead, why, args...).WithFix("take another copy of the file, or export again")
	if r.number > 0 {
		e.Why = "line " + strconv.Itoa(r.number) + ": " + e.Why
	}
	return e
}

// next returns the next line, io.EOF after a trailer that agrees with what was
// read. The line's bytes are used again by the following call; a Message owns
// its packet.
func (r *reader) next() (line, error) {
	raw, err := r.raw()
	switch {
	case errors.Is(err, io.EOF) && r.done:
		return line{}, io.EOF
	case errors.Is(err, io.EOF) && r.number == 0:
		return line{}, r.bad("the file is empty")
	case errors.Is(err, io.EOF):
		return line{}, r.bad("the file ends before its last line: a part of it is missing")
	case err != nil:
		return line{}, err
	}
	r.number++
	if r.done {
		return line{}, r.bad("something follows the end of the export")
	}
	l, err := r.decode(raw)
	if err != nil {
		return line{}, err
	}
	if err := r.check(&l); err != nil {
		return line{}, err
	}
	r.sum.Write(raw)
	r.sum.Write([]byte{'\n'})
	return l, nil
}

// raw reads up to a line feed; memory grows only with what was read.
func (r *reader) raw() ([]byte, error) {
	r.buf = r.buf[:0]
	for {
		part, err := r.r.ReadSlice('\n')
		if len(r.buf)+len(part) > maxLine {
			return nil, r.broken("the line is longer than any message can be")
		}
		r.buf = append(r.buf, part...)
		switch {
		case err == nil:
			return r.buf[:len(r.buf)-1], nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(r.buf) == 0:
			return nil, io.EOF
		case errors.Is(err, io.EOF):
			return nil, r.broken("the file ends in the middle of a line: a part of it is missing")
		default:
			return nil, mq.Errorf(mq.ErrGeneric, opRead, "%w", err)
		}
	}
}

// broken refuses a line without an end; of a file that never was an export it
// says that instead.
func (r *reader) broken(why string) error {
	r.number++
	if r.number == 1 && !bytes.HasPrefix(r.buf, []byte(`{"posthouse"`)) {
		return r.foreign()
	}
	return r.bad("%s", why)
}

func (r *reader) foreign() error {
	return r.bad("this is no export of Posthouse").WithFix("choose a file written by: posthouse export")
}

func (r *reader) decode(raw []byte) (line, error) {
	var l line
	d := json.NewDecoder(bytes.NewReader(raw))
	if r.number > 1 { // a newer version's header is understood well enough to say so
		d.DisallowUnknownFields()
	}
	err := d.Decode(&l)
	if err == nil && len(bytes.TrimSpace(raw[d.InputOffset():])) > 0 {
		err = errors.New("more follows the value")
	}
	switch {
	case err != nil && r.number > 1:
		return line{}, r.bad("it cannot be read: %v", err)
	case r.number == 1 && (err != nil || l.Header == nil || l.Header.Kind != kind):
		return line{}, r.foreign()
	}
	return l, nil
}

// check keeps the order of lines and refuses what no export contains.
func (r *reader) check(l *line) error {
	fields := 0
	for _, set := range []bool{l.Header != nil, l.Queue != nil, l.Part != nil, l.Message != nil, l.End != nil} {
		if set {
			fields++
		}
	}
	switch {
	case fields != 1:
		return r.bad("it is not one of header, queue, part, message and end")
	case l.Header != nil && r.number > 1:
		return r.bad("a second header: two exports were joined").WithFix("import them one after the other")
	case l.Header != nil:
		return r.checkHeader(l.Header)
	case l.Queue != nil:
		return r.checkQueue(l.Queue)
	case l.Part != nil:
		return r.checkPart(l.Part)
	case l.Message != nil:
		return r.checkMessage(l.Message)
	}
	return r.checkEnd(l.End)
}

func (r *reader) checkHeader(h *Header) error {
	r.header = *h
	switch {
	case h.Version > Version:
		return r.bad("it was written in version %d of the format, and this program reads up to %d", h.Version, Version).
			WithFix("use a newer Posthouse")
	case h.Version < 1:
		return r.bad("there is no version %d of the format", h.Version)
	}
	return nil
}

func (r *reader) checkQueue(q *Definition) error {
	p, err := r.section(q.Name)
	if err != nil {
		return err
	}
	if !p.Private || p.Subqueue != "" || p.Suffix != mq.SuffixNone {
		return r.bad("%q is no private queue", q.Name)
	}
	switch q.PrivacyLevel {
	case "none", "optional", "body":
	default:
		return r.bad("%s has the unknown privacy level %q", q.Name, q.PrivacyLevel)
	}
	if mq.LabelLength(q.Label) > maxQueueLabel {
		return r.bad("the label of %s is too long", q.Name)
	}
	if q.SDDL != "" {
		if _, err := secure.ParseSDDL(q.SDDL); err != nil {
			return r.bad("the permissions of %s: %w", q.Name, err)
		}
	}
	r.end.Queues++
	return nil
}

func (r *reader) checkPart(part *Part) error {
	p, err := r.section(part.Name)
	if err != nil {
		return err
	}
	if !p.System && p.Subqueue == "" && p.Suffix == mq.SuffixNone {
		return r.bad("%q is a queue and needs a definition", part.Name)
	}
	r.end.Parts++
	return nil
}

func (r *reader) section(name string) (mq.PathName, error) {
	p, err := mq.ParsePathName(name)
	switch {
	case err != nil:
		return p, r.bad("%w", err)
	case !p.Local():
		return p, r.bad("%q names a computer", name)
	case r.names[p.Key()]:
		return p, r.bad("%s comes twice", name)
	case len(r.names) == maxSections:
		return p, r.bad("more than %d queues", maxSections)
	}
	r.names[p.Key()] = true
	r.inside = true
	return p, nil
}

func (r *reader) checkMessage(m *Message) error {
	if !r.inside {
		return r.bad("a message outside of a queue")
	}
	if m.Aborts < 0 || m.Moves < 0 || m.Arrived.IsZero() {
		return r.bad("the counts or times of message %q cannot be", m.ID)
	}
	if len(m.Packet) > mq.MaxPacketSize+maxExtension {
		return r.bad("the packet of message %q has %d bytes, more than any can have", m.ID, len(m.Packet))
	}
	if _, err := wire.Parse(m.Packet, r.header.MachineID); err != nil {
		return r.bad("the packet of message %q: %w", m.ID, err)
	}
	r.end.Messages++
	return nil
}

func (r *reader) checkEnd(e *End) error {
	r.end.SHA256 = hex.EncodeToString(r.sum.Sum(nil))
	switch {
	case e.SHA256 != r.end.SHA256:
		return r.bad("the hash of the file is not the one it was written with: it was changed or damaged")
	case *e != r.end:
		return r.bad("it says %d queues, %d parts and %d messages, and there are %d, %d and %d",
			e.Queues, e.Parts, e.Messages, r.end.Queues, r.end.Parts, r.end.Messages)
	}
	r.done = true
	return nil
}

// Verify reads a whole file, checks it and tells what it holds.
func Verify(ctx context.Context, from io.Reader) (Summary, error) {
	r := newReader(from)
	s := Summary{Sections: []Section{}}
	for {
		if ctx.Err() != nil {
			return s, mgmtclient.Interrupted(ctx, opRead)
		}
		l, err := r.next()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		switch {
		case l.Header != nil:
			s.Header = *l.Header
		case l.Queue != nil:
			s.Sections = append(s.Sections, Section{Name: l.Queue.Name, Definition: true})
		case l.Part != nil:
			s.Sections = append(s.Sections, Section{Name: l.Part.Name})
		case l.Message != nil:
			last := &s.Sections[len(s.Sections)-1]
			last.Messages++
			last.Bytes += int64(len(l.Message.Packet))
			s.Messages++
			s.Bytes += int64(len(l.Message.Packet))
		}
	}
}
