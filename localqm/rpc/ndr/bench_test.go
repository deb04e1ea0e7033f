package ndr_test

import (
	"context"
	"testing"

	qmmgmt "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"
	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"
	library "github.com/oiweiwei/go-msrpc/ndr"

	"posthouse/localqm/rpc/ndr"
)

// BenchmarkGetInfo reads and writes a request of MS-MQMR, with ours and with the
// library's own codec.
func BenchmarkGetInfo(b *testing.B) {
	ctx := context.Background()
	request := getInfo(4)
	stub := written(b, request, nil)
	r, w := ndr.NewReader(nil, false, ndr.Requests, nil), ndr.NewWriter(nil, ndr.Requests, nil)
	for name, run := range map[string]func() error{
		"read/ours": func() error {
			r.Reset(stub, false, ndr.Requests, nil)
			return r.Unmarshal(ctx, &qmmgmt.ManagementGetInfoRequest{})
		},
		"read/library": func() error {
			return library.NDR20(stub).Unmarshal(ctx, &qmmgmt.ManagementGetInfoRequest{})
		},
		"write/ours": func() error {
			w.Reset(w.Bytes(), ndr.Requests, nil)
			_, err := w.Marshal(ctx, request)
			return err
		},
		"write/library": func() error {
			_, err := library.NDR20(nil).Marshal(ctx, request)
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkMessage writes and reads a message of 4 MB, whose bytes come one by one.
func BenchmarkMessage(b *testing.B) {
	ctx := context.Background()
	const size = 4 << 20
	section := &remoteread.SectionBuffer{SectionSizeAlloc: size, SectionSize: size, SectionBuffer: make([]byte, size)}
	stub := written(b, section, nil)
	for name, run := range map[string]func() error{
		"read": func() error {
			return ndr.NewReader(stub, false, ndr.Responses, nil).Unmarshal(ctx, &remoteread.SectionBuffer{})
		},
		"write": func() error {
			_, err := ndr.NewWriter(nil, ndr.Requests, nil).Marshal(ctx, section)
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if err := run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
