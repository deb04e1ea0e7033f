package store

// mark is a number on disk that no number given out exceeds, so that none is
// given twice, however the process ends. It is raised a block at a time.
type mark struct {
	name    string
	durable uint64
	block   uint64
}

// blocks are the numbers that may be skipped by a kill.
var blocks = map[string]uint64{"seq": 1 << 16, "ordinal": 1 << 12}

// next is the mark to write with a batch after which given is the last number
// out; zero if none need be. It is renewed early, earlier still by a batch that
// writes anyway, so that numbers are on disk before they are given out.
func (m *mark) next(given uint64, writing bool) uint64 {
	early := m.block / 4
	if writing {
		early = m.block / 2
	}
	if given+early > m.durable {
		return given + m.block
	}
	return 0
}
