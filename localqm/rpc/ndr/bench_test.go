package ndr_test

import (
	"context"
	"testing"

	qmmgmt "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"
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
