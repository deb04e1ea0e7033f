package transport

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/localqm/session"
)

func TestWhyAConnectionFailedInPlainWords(t *testing.T) {
	at := netip.MustParseAddrPort("10.20.4.11:1801")
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
	}
	for _, c := range []struct {
		name   string
		status mq.ConnectionStatus
		err    error
		code   mq.HResult
		words  []string
	}{
		{"nothing listens", mq.ConnConnectSocketFailure, dial(errRefused), hrConnRefused, []string{"answers", "port 1801", "stopped", "hardened"}},
		{"silence", mq.ConnConnectSocketFailure, dial(os.ErrDeadlineExceeded), hrTimedOut, []string{"does not answer", "firewall"}},
		{"no such computer", mq.ConnConnectSocketFailure, dial(errUnreachable), hrHostUnreachable, []string{"No computer", "switched off"}},
		{"no line", mq.ConnConnectSocketFailure, dial(errNoNetwork), hrNetUnreachable, []string{"no way", "This computer"}},
		{"our address is gone", mq.ConnBindSocketFailure, dial(errNotOurs), hrNetUnreachable, []string{"no way"}},
		{"it does not speak", mq.ConnNotReady, session.ErrLate, hrTimedOut, []string{"said nothing more", "hangs"}},
		{"it speaks something else", mq.ConnUnknownFailure, session.ErrMalformed, mq.ErrGeneric, []string{"Another program"}},
		{"it hangs up", mq.ConnRefused, io.EOF, hrConnRefused, []string{"instead of answering"}},
		{"it breaks", mq.ConnSendFailure, dial(errReset), hrConnReset, []string{"closed the connection."}},
		{"somebody else", mq.ConnRefused, session.ErrRefused, hrConnRefused, []string{"refused", "another one"}},
		{"too slow", mq.ConnSendFailure, os.ErrDeadlineExceeded, hrTimedOut, []string{"was connected", "in time"}},
		{"it said so", mq.ConnPingFailure, nil, hrTimedOut, []string{"ping"}},
		{"anything else", mq.ConnUnknownFailure, fmt.Errorf("odd"), mq.ErrGeneric, []string{"odd"}},
	} {
		f := connectFailure(at, c.status, c.err)
		if f.status != c.status || f.code != c.code || f.address != "10.20.4.11" {
			t.Errorf("%s: %+v", c.name, f)
		}
		for _, w := range append(c.words, "10.20.4.11") {
			if !strings.Contains(f.why, w) {
				t.Errorf("%s: %q does not tell %q", c.name, f.why, w)
			}
		}
	}
}

func TestWhyANameWasNotFoundInPlainWords(t *testing.T) {
	for _, c := range []struct {
		err  error
		word string
	}{
		{&net.DNSError{IsNotFound: true}, "spelling"},
		{&net.DNSError{IsTimeout: true}, "no name server answered"},
		{io.EOF, "EOF"},
	} {
		f := resolveFailure("WMS-ODN01", fmt.Errorf("find it: %w", c.err))
		if f.status != mq.ConnDNSFailure || f.code != hrHostNotFound || !strings.Contains(f.why, c.word) || !strings.Contains(f.why, "WMS-ODN01") {
			t.Errorf("%v: %+v", c.err, f)
		}
	}
	id := mq.NewGUID()
	if f := unknownFailure(id, id.String()); f.status != mq.ConnNoRoutingData || !strings.Contains(f.why, id.String()) {
		t.Errorf("%+v", f)
	}
}
