package remote

import (
	"time"

	"github.com/oiweiwei/go-msrpc/msrpc/dtyp"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/queueformat"
)

// values are the answers to a question for properties. What is missing, NULL or of
// another type than MS-MQMQ 2.3 says reads as nothing: a peer of another version
// must not cost the rest of a row.
type values map[mq.PropID]any

// readValues pairs an answer with its question.
func readValues(ids []mq.PropID, list []*mqmq.PropertyVariant) (values, error) {
	if len(list) != len(ids) {
		return nil, malformed("%d properties were asked for and %d came", len(ids), len(list))
	}
	v := make(values, len(ids))
	for i, p := range list {
		if p != nil && p.VarUnion != nil && mq.VarType(p.VT) > mq.VTNull {
			v[ids[i]] = p.VarUnion.GetValue()
		}
	}
	return v, nil
}

func (v values) text(id mq.PropID) string {
	s, _ := v[id].(string)
	return s
}

func (v values) texts(id mq.PropID) []string {
	list := []string{}
	if a, ok := v[id].(*mqmq.UnicodeStringArray); ok && a != nil {
		list = append(list, a.Elems...)
	}
	return list
}

// number is an integer of any width; 0 for none.
func (v values) number(id mq.PropID) int64 {
	switch n := v[id].(type) {
	case uint8:
		return int64(n)
	case int16:
		return int64(n)
	case uint16:
		return int64(n)
	case int32:
		return int64(n)
	case uint32:
		return int64(n)
	case *dtyp.LargeInteger:
		if n != nil {
			return n.QuadPart
		}
	case *dtyp.UlargeInteger:
		if n != nil {
			return int64(n.QuadPart)
		}
	}
	return 0
}

// time is a number of seconds since 1970; nil for none.
func (v values) time(id mq.PropID) *time.Time { return moment(v.number(id)) }

func moment(seconds int64) *time.Time {
	if seconds == 0 {
		return nil
	}
	t := time.Unix(int64(uint32(seconds)), 0).UTC()
	return &t
}

func (v values) guid(id mq.PropID) mq.GUID {
	g, _ := v[id].(*dtyp.GUID)
	return queueformat.GUID(g)
}

func (v values) blob(id mq.PropID) []byte {
	if b, ok := v[id].(*mqmq.Blob); ok && b != nil {
		return b.BlobData
	}
	return nil
}

// arrays are the columns of a table that came as an array of arrays.
func (v values) arrays(id mq.PropID) []*mqmq.PropertyVariant {
	if a, ok := v[id].(*mqmq.PropertyVariantArray); ok && a != nil {
		return a.Elems
	}
	return nil
}

// column is one of them; nil if it is not there or of another type.
func column[T any](columns []*mqmq.PropertyVariant, i int) []T {
	if i >= len(columns) || columns[i] == nil || columns[i].VarUnion == nil {
		return nil
	}
	var raw any
	switch a := columns[i].VarUnion.GetValue().(type) {
	case *mqmq.LongArray:
		if a != nil {
			raw = a.Elems
		}
	case *mqmq.Uint32Array:
		if a != nil {
			raw = a.Elems
		}
	case *mqmq.UlargeIntegerArray:
		if a != nil {
			raw = a.Elems
		}
	case *mqmq.ClassIDArray:
		if a != nil {
			raw = a.Elems
		}
	case *mqmq.UnicodeStringArray:
		if a != nil {
			raw = a.Elems
		}
	}
	list, _ := raw.([]T)
	return list
}

// nulls are the places for n answers (VT_NULL, MS-MQMR 3.1.4.1).
func nulls(n int) []*mqmq.PropertyVariant {
	list := make([]*mqmq.PropertyVariant, n)
	for i := range list {
		list[i] = &mqmq.PropertyVariant{VT: uint16(mq.VTNull), VarUnion: &mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_0{}}}
	}
	return list
}

// properties are values on their way to the peer.
type properties struct {
	ids    []uint32
	values []*mqmq.PropertyVariant
}

func (p *properties) add(id mq.PropID, vt mq.VarType, union *mqmq.PropertyVariant_VarUnion) {
	p.ids = append(p.ids, uint32(id))
	p.values = append(p.values, &mqmq.PropertyVariant{VT: uint16(vt), VarUnion: union})
}

func (p *properties) text(id mq.PropID, s string) {
	p.add(id, mq.VTLPWSTR, &mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_UnicodeString{UnicodeString: s}})
}

func (p *properties) byte(id mq.PropID, v uint8) {
	p.add(id, mq.VTUI1, &mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_Byte{Byte: v}})
}

func (p *properties) flag(id mq.PropID, on bool) {
	v := uint8(0)
	if on {
		v = 1
	}
	p.byte(id, v)
}

func (p *properties) short(id mq.PropID, v int16) {
	p.add(id, mq.VTI2, &mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_Short{Short: v}})
}

func (p *properties) long(id mq.PropID, v uint32) {
	p.add(id, mq.VTUI4, &mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_Ulong{Ulong: v}})
}

func (p *properties) guid(id mq.PropID, g mq.GUID) {
	p.add(id, mq.VTCLSID, &mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_UUID{UUID: queueformat.FromGUID(g)}})
}
