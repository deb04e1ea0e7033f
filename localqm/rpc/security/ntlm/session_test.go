package ntlm_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

func fragment(n int) security.Fragment {
	return security.Fragment{
		Header: bytes.Repeat([]byte{1}, 24), Body: bytes.Repeat([]byte{2}, n), Trailer: bytes.Repeat([]byte{3}, 8),
	}
}

func TestCallsAreProtectedBothWaysAtEveryLevel(t *testing.T) {
	for _, l := range []security.Level{security.Connect, security.Call, security.Packet, security.Integrity, security.Privacy} {
		t.Run(l.String(), func(t *testing.T) {
			client, server := mustSignIn(t)
			for i := range 20 {
				from, to := client, server
				if i%3 == 0 {
					from, to = server, client
				}
				f := fragment(i * 8)
				sig, err := from.Protect(l, f)
				if err != nil {
					t.Fatal(err)
				}
				if len(sig) != from.SignatureSize(l) || (l >= security.Integrity) != (len(sig) == 16) {
					t.Fatalf("the signature has %d bytes", len(sig))
				}
				if sealed := !bytes.Equal(f.Body, fragment(i*8).Body); sealed != (l == security.Privacy && i > 0) {
					t.Fatalf("sealed %v", sealed)
				}
				if err := to.Open(l, f, sig); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(f.Body, fragment(i*8).Body) {
					t.Fatal("something else came out")
				}
			}
		})
	}
}

func TestEveryChangedByteOfACallIsSeen(t *testing.T) {
	for _, l := range []security.Level{security.Integrity, security.Privacy} {
		f := fragment(16)
		for part, size := range []int{len(f.Header), len(f.Body), len(f.Trailer), 16} {
			for at := range size {
				client, server := mustSignInQuickly(t)
				f := fragment(16)
				sig, err := client.Protect(l, f)
				if err != nil {
					t.Fatal(err)
				}
				[][]byte{f.Header, f.Body, f.Trailer, sig}[part][at] ^= 0x80
				if err := server.Open(l, f, sig); !errors.Is(err, mq.ErrCorruptedSecurityData) {
					t.Errorf("%v: byte %d of part %d: %v", l, at, part, err)
				}
				// Nothing is believed afterwards.
				f = fragment(16)
				if sig, err = client.Protect(l, f); err != nil {
					t.Fatal(err)
				}
				if err := server.Open(l, f, sig); err == nil {
					t.Errorf("%v: byte %d of part %d: the next call was believed", l, at, part)
				}
			}
		}
	}
}

func mustSignInQuickly(t testing.TB) (client, server security.Context) {
	t.Helper()
	client, server = mustContexts(t)
	if err := signIn(client, server, nil); err != nil {
		t.Fatal(err)
	}
	return client, server
}

func TestCallsAreTakenOnceAndInOrder(t *testing.T) {
	for _, l := range []security.Level{security.Integrity, security.Privacy} {
		for name, order := range map[string][]int{"again": {0, 0}, "left out": {1}, "swapped": {1, 0}, "sent back": nil} {
			client, server := mustSignInQuickly(t)
			var sent []security.Fragment
			var sigs [][]byte
			for range 2 {
				f := fragment(16)
				sig, err := client.Protect(l, f)
				if err != nil {
					t.Fatal(err)
				}
				sent, sigs = append(sent, f), append(sigs, sig)
			}
			var err error
			for _, i := range order {
				f := sent[i]
				f.Body = slices.Clone(f.Body)
				err = errors.Join(err, server.Open(l, f, sigs[i]))
			}
			if order == nil {
				err = client.Open(l, sent[0], sigs[0])
			}
			if !errors.Is(err, mq.ErrCorruptedSecurityData) {
				t.Errorf("%v, %s: %v", l, name, err)
			}
		}
	}
}

func TestShortSignaturesAreRefused(t *testing.T) {
	for n := range 16 {
		client, server := mustSignInQuickly(t)
		f := fragment(8)
		sig, err := client.Protect(security.Integrity, f)
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Open(security.Integrity, f, sig[:n]); err == nil {
			t.Errorf("%d bytes were enough", n)
		}
	}
}

// One reads while the other writes: go test -race.
func TestBothDirectionsRunBesideEachOther(t *testing.T) {
	client, server := mustSignInQuickly(t)
	type packet struct {
		f   security.Fragment
		sig []byte
	}
	run := func(from, to security.Context) error {
		wire := make(chan packet, 4)
		failed := make(chan error, 1)
		go func() {
			var err error
			for p := range wire {
				err = errors.Join(err, to.Open(security.Privacy, p.f, p.sig))
			}
			failed <- err
		}()
		for range 500 {
			f := fragment(64)
			sig, err := from.Protect(security.Privacy, f)
			if err != nil {
				return err
			}
			wire <- packet{f, sig}
		}
		close(wire)
		return <-failed
	}
	back := make(chan error, 1)
	go func() { back <- run(server, client) }()
	if err := errors.Join(run(client, server), <-back); err != nil {
		t.Error(err)
	}
}

func TestASignatureOverTextLeavesTheNumbersGoingOn(t *testing.T) {
	client, server := mustSignInQuickly(t)
	text := []byte("list of mechanisms")
	mic, err := client.(security.Signer).MIC(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.(security.Signer).VerifyMIC(text, mic); err != nil {
		t.Error(err)
	}
	f := fragment(8)
	sig, err := client.Protect(security.Privacy, f)
	if err != nil || sig[12] != 1 {
		t.Errorf("the first call has number %d, %v", sig[12], err)
	}
	if err := server.Open(security.Privacy, f, sig); err != nil {
		t.Error(err)
	}
	if mic, err = server.(security.Signer).MIC(text); err != nil {
		t.Fatal(err)
	}
	if err := client.(security.Signer).VerifyMIC([]byte("another list"), mic); !errors.Is(err, mq.ErrCorruptedSecurityData) {
		t.Errorf("another text: %v", err)
	}
}

func BenchmarkSession(b *testing.B) {
	for _, l := range []security.Level{security.Integrity, security.Privacy} {
		for _, n := range []int{64, 5808} {
			b.Run(fmt.Sprintf("%v/%d", l, n), func(b *testing.B) {
				client, server := mustSignInQuickly(b)
				f := fragment(n)
				b.SetBytes(int64(n))
				b.ReportAllocs()
				for b.Loop() {
					sig, err := client.Protect(l, f)
					if err == nil {
						err = server.Open(l, f, sig)
					}
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkSignIn(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		mustSignInQuickly(b)
	}
}
