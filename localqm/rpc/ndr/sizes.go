package ndr

// sizes are those in front of an array: maximum count if it is conformant, then
// offset and actual count if it is varying (C706 14.3.3). go-msrpc hands on the last
// and forgets the others.
type sizes struct {
	n int // that have come
	v [3]uint32
}

// ReadSize reads a size of an array. Between the sizes of two arrays Len is called.
func (r *Reader) ReadSize(size *uint64) error {
	s := r.sizes
	b := r.next(4)
	if b == nil {
		return r.err
	}
	s.v[s.n] = r.order.Uint32(b)
	*size = uint64(s.v[s.n])
	if s.n++; s.n < len(s.v) {
		r.sizes = s
		return nil
	}
	maximum, offset, actual := s.v[0], s.v[1], s.v[2]
	if offset != 0 || actual > maximum {
		return r.SetErr(bad("an array of at most %d has %d elements from %d on", maximum, actual, offset))
	}
	r.elements -= int64(actual)
	if r.elements < 0 {
		return r.SetErr(bad("an array of %d elements in %d bytes", actual, len(r.b)))
	}
	return r.SetErr(r.terminated(int(actual)))
}

// array checks the size of a conformant array that is about to be made.
func (s *sizes) array(r *Reader) error {
	count := s.v[0]
	if s.n > 1 {
		count = s.v[1] // fixed, and varying
	}
	s.n = 0
	if r.elements -= int64(count); r.elements < 0 {
		return bad("an array of %d elements in %d bytes", count, len(r.b))
	}
	return nil
}
