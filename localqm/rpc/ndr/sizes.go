package ndr

import "math"

// sizes are those in front of an array: maximum count if it is conformant, then
// offset and actual count if it is varying (C706 14.3.3). go-msrpc hands on the last
// and forgets the others.
type sizes struct {
	n int
	v [3]uint32
}

// ReadSize reads a size of an array.
func (r *Reader) ReadSize(size *uint64) error {
	s := r.sizes
	r.sizes.n = 0
	b := r.next(4)
	if b == nil {
		return r.err
	}
	if s.n == len(s.v) {
		s.n = 0
	}
	s.v[s.n] = r.order.Uint32(b)
	*size = uint64(s.v[s.n])
	s.n++
	r.sizes = s
	return nil
}

// end checks sizes that all are read.
func (s *sizes) end() error {
	n := s.n
	s.n = 0
	if n < len(s.v) {
		return nil
	}
	if maximum, offset, actual := s.v[0], s.v[1], s.v[2]; offset != 0 || actual > maximum {
		return bad("an array of at most %d has %d elements from %d on", maximum, actual, offset)
	}
	return nil
}

// array checks sizes of an array that is about to be made.
func (s *sizes) array(r *Reader) error {
	n := s.n
	if err := s.end(); err != nil {
		return err
	}
	count := s.v[n-1]
	if count > math.MaxInt32 || int(count) > r.elements {
		return bad("an array of %d elements in %d bytes", count, len(r.b))
	}
	r.elements -= int(count)
	if n == len(s.v) {
		return r.terminated(int(count))
	}
	return nil
}
