package krb5

import (
	"testing"

	"posthouse/localqm/rpc/security"
)

// Whatever comes, nobody is signed in by it, and nothing panics.
func FuzzTokens(f *testing.F) {
	k := newForger(f)
	client, server := k.begin(f, nil), k.accept(f)
	request, _, err := client.Step(nil)
	if err != nil {
		f.Fatal(err)
	}
	answer, _, err := server.Step(request)
	if err != nil {
		f.Fatal(err)
	}
	third, _, err := client.Step(answer)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(request, third)
	f.Add(enframe(request, tokenAPReq), answer)
	f.Add(answer, request)
	f.Fuzz(func(t *testing.T, first, second []byte) {
		server := k.accept(t)
		if _, done, err := server.Step(first); err == nil && !done {
			_, _, err = server.Step(second)
			if err == nil {
				t.Fatal("somebody signed in")
			}
		}
		if server.Identity().Account != "" {
			t.Fatalf("%+v", server.Identity())
		}
		client := k.begin(t, nil)
		if _, _, err := client.Step(nil); err != nil {
			t.Fatal(err)
		}
		if _, done, err := client.Step(second); done || err == nil {
			t.Fatal("the client believes it")
		}
	})
}

// What nobody has signed is not taken for a call.
func FuzzOpen(f *testing.F) {
	_, server := pair(f)
	f.Add([]byte("header"), []byte("body"), []byte("trailer"), make([]byte, 76), true)
	f.Fuzz(func(t *testing.T, header, body, trailer, signature []byte, signs bool) {
		for _, l := range []security.Level{security.Integrity, security.Privacy} {
			s, d := *server, *server.receive
			s.receive = &d
			if err := s.Open(l, security.Fragment{Header: header, Body: body, Trailer: trailer, SignHeader: signs}, signature); err == nil {
				t.Fatal("it was taken")
			}
		}
	})
}

func BenchmarkPrivacy(b *testing.B) {
	client, server := pair(b)
	f := security.Fragment{Header: make([]byte, 24), Body: make([]byte, 256), Trailer: make([]byte, 8), SignHeader: true}
	b.ReportAllocs()
	for b.Loop() {
		sig, err := client.Protect(security.Privacy, f)
		if err == nil {
			err = server.Open(security.Privacy, f, sig)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
