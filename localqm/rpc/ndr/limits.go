package ndr

import "errors"

// ErrStub is what every error of reading is, by errors.Is: the stub data is not what
// the interface says (RPC_X_BAD_STUB_DATA).
var ErrStub = errors.New("malformed NDR stub data")

// Limits bound what stub data may ask for. Arrays are bounded by the stub data: every
// element is one byte at least.
type Limits struct {
	Depth    int // of pointers within pointers
	Pointers int // that are not NULL
	Size     int // of what is written, in bytes
}

// The limits of a server and of a client, where a peer's list may be longer.
var (
	Requests  = Limits{Depth: 64, Pointers: 1 << 16, Size: 64 << 20}
	Responses = Limits{Depth: 64, Pointers: 1 << 20, Size: 64 << 20}
)
