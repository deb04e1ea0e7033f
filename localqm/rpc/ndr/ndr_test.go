package ndr_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	qmcomm "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	qmmgmt "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"
	library "github.com/oiweiwei/go-msrpc/ndr"
	"pgregory.net/rapid"

	"posthouse/localqm/rpc/ndr"
)

func written(t testing.TB, m library.Marshaler, n *ndr.Nulls) []byte {
	t.Helper()
	w := ndr.NewWriter(nil, ndr.Requests, n)
	b, err := w.Marshal(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(u library.Unmarshaler, b []byte, n *ndr.Nulls) error {
	return ndr.NewReader(b, false, ndr.Requests, n).Unmarshal(context.Background(), u)
}

func action(text string) *qmmgmt.ManagementActionRequest {
	return &qmmgmt.ManagementActionRequest{
		ObjectFormat: &qmmgmt.ManagementObject{
			Type: qmmgmt.ManagementObjectTypeQueue,
			ManagementObject: &qmmgmt.ManagementObject_ManagementObject{Value: &qmmgmt.ManagementObject_QueueFormat{
				QueueFormat: &mqmq.QueueFormat{
					QueueFormatType: 3,
					QueueFormat: &mqmq.QueueFormat_QueueFormat{
						Value: &mqmq.QueueFormat_DirectID{DirectID: `OS:.\private$\größe`},
					},
				},
			}},
		},
		Action: text,
	}
}

func getInfo(properties int) *qmmgmt.ManagementGetInfoRequest {
	r := &qmmgmt.ManagementGetInfoRequest{
		ObjectFormat:    action("").ObjectFormat,
		CreatePartition: uint32(properties),
		Property:        make([]uint32, properties),
	}
	for range properties {
		r.Var = append(r.Var, &mqmq.PropertyVariant{VT: 1, VarUnion: &mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_0{}}})
	}
	return r
}

func TestStubsOfASCIIAreThoseOfTheLibrary(t *testing.T) {
	r := action("PAUSE")
	r.ObjectFormat.ManagementObject.Value.(*qmmgmt.ManagementObject_QueueFormat).QueueFormat.QueueFormat.Value.(*mqmq.QueueFormat_DirectID).DirectID = `OS:.\private$\q`
	want, err := library.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	got := written(t, r, nil)
	// The numbers of pointers are anybody's.
	i := slices.IndexFunc(want, func(byte) bool { return true })
	for ; i+4 <= len(want); i += 4 {
		if binary.LittleEndian.Uint32(got[i:])&^0xFF == 0x00020000 {
			copy(want[i:], got[i:i+4])
		}
	}
	if !cmp.Equal(got, want) {
		t.Errorf("% x\n% x", got, want)
	}
}

func TestStringsOutsideASCIIHaveTheirLength(t *testing.T) {
	for _, s := range []string{"PAUSE", "größe", "日本", "a😀b", "", "😀"} {
		r := action(s)
		b := written(t, r, nil)
		var got qmmgmt.ManagementActionRequest
		if err := read(&got, b, nil); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if !cmp.Equal(got.Action, s) || got.ObjectFormat.ManagementObject.GetValue().(*mqmq.QueueFormat).QueueFormat.GetValue() != `OS:.\private$\größe` {
			t.Errorf("%q: %q", s, got.Action)
		}
	}
	if _, err := ndr.NewWriter(nil, ndr.Requests, nil).Marshal(context.Background(), action("a\x00b")); err == nil {
		t.Error("a NUL within a string was written")
	}
}

func TestStringsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.ReplaceAll(rapid.String().Draw(t, "s"), "\x00", "")
		w := ndr.NewWriter(nil, ndr.Requests, nil)
		if err := library.WriteUTF16NString(context.Background(), w, s); err != nil {
			t.Fatal(err)
		}
		_ = w.WriteData(uint16(7)) // not of the string
		r := ndr.NewReader(w.Bytes(), false, ndr.Requests, nil)
		var got string
		var after uint16
		if err := library.ReadUTF16NString(context.Background(), r, &got); err != nil || got != s {
			t.Fatal(err, got, s)
		}
		if err := r.ReadData(&after); err != nil || after != 7 || !r.EOF() {
			t.Fatal(err, after)
		}
	})
}

// R08, R11 of the hostile rows.
func TestStringsThatAreNotStrictAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		sizes [3]uint32
		units []uint16
		ok    bool
	}{
		"a string":             {[3]uint32{3, 0, 3}, []uint16{'a', 'b', 0}, true},
		"a longer buffer":      {[3]uint32{9999, 0, 3}, []uint16{'a', 'b', 0}, true},
		"no NUL":               {[3]uint32{3, 0, 3}, []uint16{'a', 'b', 'c'}, false},
		"nothing":              {[3]uint32{0, 0, 0}, nil, false},
		"offset":               {[3]uint32{3, 1, 2}, []uint16{'a', 'b', 0}, false},
		"more than the buffer": {[3]uint32{2, 0, 3}, []uint16{'a', 'b', 0}, false},
		"more than there is":   {[3]uint32{4, 0, 4}, []uint16{'a', 'b', 0}, false},
		"billions":             {[3]uint32{1 << 31, 0, 1 << 31}, []uint16{'a', 'b', 0}, false},
		"as many as there are": {[3]uint32{6, 0, 6}, []uint16{'a', 'b', 0}, false},
	} {
		b := binary.LittleEndian.AppendUint32(nil, c.sizes[0])
		b = binary.LittleEndian.AppendUint32(b, c.sizes[1])
		b = binary.LittleEndian.AppendUint32(b, c.sizes[2])
		for _, u := range c.units {
			b = binary.LittleEndian.AppendUint16(b, u)
		}
		var s string
		err := library.ReadUTF16NString(context.Background(), ndr.NewReader(b, false, ndr.Requests, nil), &s)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestArraysAreBoundedByTheStub(t *testing.T) {
	b := written(t, getInfo(1), nil)
	// cp, maximum count and one element of aProp, maximum count of apVar.
	at := bytes.Index(b, []byte{1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}) + 12
	for _, n := range []uint32{2, 1000, 1 << 20, 1 << 31, 0xFFFFFFFF} {
		binary.LittleEndian.PutUint32(b[at:], n)
		allocated := testing.AllocsPerRun(1, func() {
			var r qmmgmt.ManagementGetInfoRequest
			if err := read(&r, b, nil); err == nil {
				t.Errorf("%d elements were read", n)
			}
		})
		if allocated > 100 {
			t.Errorf("%d: %v allocations", n, allocated)
		}
	}
}

func TestPointersWithinPointersHaveAnEnd(t *testing.T) {
	v := &mqmq.PropertyVariant{VT: 3, VarUnion: &mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_Ulong{}}}
	nest := func(n int) []byte {
		top := v
		for range n {
			top = &mqmq.PropertyVariant{VT: 0x100C, VarUnion: &mqmq.PropertyVariant_VarUnion{
				Value: &mqmq.PropertyVariant_VarUnion_PropertyVariantArray{
					PropertyVariantArray: &mqmq.PropertyVariantArray{ElemsCount: 1, Elems: []*mqmq.PropertyVariant{top}},
				},
			}}
		}
		deep := ndr.Requests
		deep.Depth = 10000
		b, err := ndr.NewWriter(nil, deep, nil).Marshal(context.Background(), top)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var got mqmq.PropertyVariant
	if err := read(&got, nest(60), nil); err != nil {
		t.Error(err)
	}
	if err := read(&got, nest(5000), nil); !errors.Is(err, ndr.ErrStub) {
		t.Error(err)
	}
}

func TestPointersAreCounted(t *testing.T) {
	a := &mqmq.UnicodeStringArray{ElemsCount: 100, Elems: slices.Repeat([]string{"x"}, 100)}
	b := written(t, a, nil)
	few := ndr.Requests
	few.Pointers = 100
	var got mqmq.UnicodeStringArray
	if err := ndr.NewReader(b, false, few, nil).Unmarshal(context.Background(), &got); !errors.Is(err, ndr.ErrStub) {
		t.Error(err)
	}
	if err := read(&got, b, nil); err != nil || len(got.Elems) != 100 {
		t.Error(err)
	}
}

// Clients written by hand give all pointers one number.
func TestUniquePointersOfOneNumberAreNoAliases(t *testing.T) {
	b := written(t, &mqmq.UnicodeStringArray{ElemsCount: 3, Elems: []string{"a", "b", "c"}}, nil)
	for at := 4; at < 4*6; at += 4 {
		if binary.LittleEndian.Uint32(b[at:])&^0xFF == 0x00020000 {
			binary.LittleEndian.PutUint32(b[at:], 1)
		}
	}
	var got mqmq.UnicodeStringArray
	if err := read(&got, b, nil); err != nil || !slices.Equal(got.Elems, []string{"a", "b", "c"}) {
		t.Error(err, got.Elems)
	}
}

func transfer() *qmcomm.TransferBufferV1 {
	return &qmcomm.TransferBufferV1{
		TransferType: 0,
		TransferBufferV1: &qmcomm.TransferBufferV1_TransferBufferV1{Value: &qmcomm.TransferBufferV1_Send{
			Send: &qmcomm.TransferBufferV1_TransferBufferV1_Send{},
		}},
		Priority: 0, Delivery: 1,
	}
}

func TestNullIsNotZero(t *testing.T) {
	out := transfer()
	var nulls ndr.Nulls
	nulls.SetNull(&out.Priority)
	b := written(t, out, &nulls)

	var in qmcomm.TransferBufferV1
	var seen ndr.Nulls
	if err := read(&in, b, &seen); err != nil {
		t.Fatal(err)
	}
	if !seen.Null(&in.Priority) || seen.Null(&in.Delivery) || seen.Null(&in.Class) || in.Delivery != 1 {
		t.Error("NULL and value are not told apart")
	}
	if (*ndr.Nulls)(nil).Null(&in.Priority) {
		t.Error("nobody knows")
	}

	// What was NULL in the request is in the response, unless it gets a value.
	in.Priority = 5
	again := written(t, &in, &seen)
	if !slices.Equal(again, b) {
		t.Error("NULL came back as a value")
	}
	seen.SetValue(&in.Priority)
	var back qmcomm.TransferBufferV1
	if err := read(&back, written(t, &in, &seen), nil); err != nil || back.Priority != 5 {
		t.Error(err, back.Priority)
	}
}

func TestTheOuterPointerOfTwoIsTheFields(t *testing.T) {
	out := transfer()
	out.Body, out.AllocBodyBufferInBytes, out.BodyBufferSizeInBytes = []byte("body"), 4, 4
	b := written(t, out, nil)
	var in qmcomm.TransferBufferV1
	if err := read(&in, b, &ndr.Nulls{}); err != nil || string(in.Body) != "body" {
		t.Error(err, in.Body)
	}
}

func TestBigEndianStubs(t *testing.T) {
	r := ndr.NewReader([]byte{0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 3, 0, 'a', 0, 'b', 0, 0, 0, 7}, true, ndr.Requests, nil)
	var s string
	var n uint16
	if err := library.ReadUTF16NString(context.Background(), r, &s); err != nil || s != "ab" {
		t.Fatal(err, s)
	}
	if err := r.ReadData(&n); err != nil || n != 7 {
		t.Error(err, n)
	}
}

func TestWritingHasALimit(t *testing.T) {
	r := &qmmgmt.ManagementGetInfoResponse{CreatePartition: 0xFFFFFFFF}
	small := ndr.Requests
	small.Size = 1 << 16
	for _, n := range []uint32{0xFFFFFFFF, 1 << 16} {
		r.CreatePartition = n
		w := ndr.NewWriter(nil, small, nil)
		if _, err := w.Marshal(context.Background(), r); err == nil || len(w.Bytes()) > 1<<17 {
			t.Error(n, err, len(w.Bytes()))
		}
	}
}
