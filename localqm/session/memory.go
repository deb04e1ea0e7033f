package session

// Memory bounds the bytes of packets that sessions hold: those that are coming in
// and those that came and are not dealt with. When it is used up, the session whose
// unfinished packet is the oldest closes. Its methods may be called at any time.
type Memory struct {
	limit int64
}

// NewMemory makes a Memory of limit bytes; 0: 256 MiB.
func NewMemory(limit int64) *Memory { return &Memory{limit: limit} }
