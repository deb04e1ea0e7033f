package queueformat

import (
	"encoding/binary"

	"github.com/oiweiwei/go-msrpc/msrpc/dtyp"

	"posthouse/localqm/mq"
)

// GUID is a GUID as format names have it; zeros for none.
func GUID(g *dtyp.GUID) (out mq.GUID) {
	if g == nil {
		return out
	}
	binary.LittleEndian.PutUint32(out[0:], g.Data1)
	binary.LittleEndian.PutUint16(out[4:], g.Data2)
	binary.LittleEndian.PutUint16(out[6:], g.Data3)
	copy(out[8:], g.Data4)
	return out
}

// FromGUID is the inverse of GUID.
func FromGUID(g mq.GUID) *dtyp.GUID {
	return &dtyp.GUID{
		Data1: binary.LittleEndian.Uint32(g[0:]),
		Data2: binary.LittleEndian.Uint16(g[4:]),
		Data3: binary.LittleEndian.Uint16(g[6:]),
		Data4: append([]byte(nil), g[8:]...),
	}
}
