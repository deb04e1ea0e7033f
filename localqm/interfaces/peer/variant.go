package peer

import (
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm/mq"
)

// Variant is a PROPVARIANT of a type (MS-MQMQ 2.2.13).
func Variant(t mq.VarType, u mqmq.PropertyVariant_VarUnion) *mqmq.PropertyVariant {
	return &mqmq.PropertyVariant{VT: uint16(t), VarUnion: &u}
}

// Null is what a property has that has no value.
func Null() *mqmq.PropertyVariant {
	return Variant(mq.VTNull, mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_0{}})
}

// Text is a string; an empty one is no value, since it has no form of its own in the
// stubs.
func Text(s string) *mqmq.PropertyVariant {
	if s == "" {
		return Null()
	}
	return Variant(mq.VTLPWSTR, mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_UnicodeString{UnicodeString: s}})
}
