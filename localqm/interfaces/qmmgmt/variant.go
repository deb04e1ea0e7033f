package qmmgmt

import (
	"math"
	"time"

	"github.com/oiweiwei/go-msrpc/msrpc/dtyp"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm/interfaces/peer"
	"posthouse/localqm/mq"
)

// number is a VT_UI4, which ends at 4,294,967,295.
func number[T int | int64](n T) *mqmq.PropertyVariant {
	return peer.Variant(mq.VTUI4, mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_Ulong{Ulong: clamp(n)}})
}

func clamp[T int | int64](n T) uint32 { return uint32(min(max(int64(n), 0), math.MaxUint32)) }

func long(n int64) *mqmq.PropertyVariant {
	return peer.Variant(mq.VTI8, mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_LargeInteger{
		LargeInteger: &dtyp.LargeInteger{QuadPart: n},
	}})
}

// moment is a time in a VT_I4: seconds since 1970, 0 for none. After 2038 it goes on
// without a sign, as all times of message queuing do.
func moment(t time.Time) *mqmq.PropertyVariant {
	return peer.Variant(mq.VTI4, mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_Long{Long: seconds(t)}})
}

func seconds(t time.Time) int32 {
	if t.IsZero() {
		return 0
	}
	return int32(uint32(t.Unix()))
}

func blob(b []byte) *mqmq.PropertyVariant {
	return peer.Variant(mq.VTBlob, mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_Blob{
		Blob: &mqmq.Blob{Length: uint32(len(b)), BlobData: b},
	}})
}

func texts(list []string) *mqmq.PropertyVariant {
	return peer.Variant(mq.VTVector|mq.VTLPWSTR, mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_UnicodeStringArray{
		UnicodeStringArray: &mqmq.UnicodeStringArray{ElemsCount: uint32(len(list)), Elems: list},
	}})
}

func numbers(list []uint32) *mqmq.PropertyVariant {
	return peer.Variant(mq.VTVector|mq.VTUI4, mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_Uint32Array{
		Uint32Array: &mqmq.Uint32Array{ElemsCount: uint32(len(list)), Elems: list},
	}})
}

func signed(list []int32) *mqmq.PropertyVariant {
	return peer.Variant(mq.VTVector|mq.VTI4, mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_LongArray{
		LongArray: &mqmq.LongArray{ElemsCount: uint32(len(list)), Elems: list},
	}})
}

func longs(list []uint64) *mqmq.PropertyVariant {
	elems := make([]*dtyp.UlargeInteger, len(list))
	for i, n := range list {
		elems[i] = &dtyp.UlargeInteger{QuadPart: n}
	}
	return peer.Variant(mq.VTVector|mq.VTUI8, mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_UlargeIntegerArray{
		UlargeIntegerArray: &mqmq.UlargeIntegerArray{ElemsCount: uint32(len(list)), Elems: elems},
	}})
}

func identifiers(list []*dtyp.GUID) *mqmq.PropertyVariant {
	return peer.Variant(mq.VTVector|mq.VTCLSID, mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_UUIDArray{
		UUIDArray: &mqmq.ClassIDArray{ElemsCount: uint32(len(list)), Elems: list},
	}})
}

func variants(list ...*mqmq.PropertyVariant) *mqmq.PropertyVariant {
	return peer.Variant(mq.VTVector|mq.VTVariant, mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_PropertyVariantArray{
		PropertyVariantArray: &mqmq.PropertyVariantArray{ElemsCount: uint32(len(list)), Elems: list},
	}})
}
