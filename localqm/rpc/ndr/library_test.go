package ndr_test

import (
	"context"
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	library "github.com/oiweiwei/go-msrpc/ndr"
)

// What go-msrpc v1.5.4 does. When one of these fails, the library has mended it, and
// the file that meets it can go.
func TestShortcomingsOfTheLibrary(t *testing.T) {
	ctx := context.Background()
	t.Run("strings.go: lengths outside ASCII are wrong", func(t *testing.T) {
		if library.UTF16NLen("größe") != 8 {
			t.Error("mended")
		}
	})
	t.Run("strings.go: a missing NUL is taken", func(t *testing.T) {
		w := library.NDR20(nil)
		_ = library.WriteUTF16String(ctx, w, "abc")
		var s string
		if err := library.ReadUTF16NString(ctx, library.NDR20(w.Bytes()), &s); err != nil {
			t.Error("mended:", err)
		}
	})
	t.Run("sizes.go: offset and maximum are not looked at", func(t *testing.T) {
		b := []byte{1, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 'a', 0, 'b', 0, 0, 0}
		var s string
		if err := library.ReadUTF16NString(ctx, library.NDR20(b), &s); err != nil {
			t.Error("mended:", err)
		}
	})
	t.Run("pointer.go: one number for two unique pointers is an alias", func(t *testing.T) {
		b := written(t, &mqmq.UnicodeStringArray{ElemsCount: 2, Elems: []string{"a", "b"}}, nil)
		binary.LittleEndian.PutUint32(b[16:], binary.LittleEndian.Uint32(b[12:]))
		var got mqmq.UnicodeStringArray
		if err := library.Unmarshal(b, &got); err == nil && got.Elems[1] == "b" {
			t.Error("mended")
		}
	})
}

// This one v1.5.4 has mended: a length used to be allocated as it came.
func TestTheLibraryBoundsStrings(t *testing.T) {
	b := []byte{0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x40, 'a', 0}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var s string
	if err := library.ReadUTF16NString(context.Background(), library.NDR20(b), &s); err == nil {
		t.Error("a string of a billion units was read")
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
}
