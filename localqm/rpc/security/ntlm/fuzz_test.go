package ntlm_test

import (
	"slices"
	"testing"

	"posthouse/localqm/rpc/security"
)

func tokens(f *testing.F) (out [4][]byte) {
	client, server := mustContexts(f)
	if err := signIn(client, server, func(kind int, token []byte) { out[kind] = slices.Clone(token) }); err != nil {
		f.Fatal(err)
	}
	return out
}

// Whatever comes as the last token, nobody is signed in by it who has no password.
func FuzzAuthenticate(f *testing.F) {
	seeds := tokens(f)
	f.Add(seeds[1], seeds[3])
	f.Add(seeds[1], seeds[1])
	f.Add(seeds[1], oldClient{user: "alice"}.authenticate(seeds[2], 0xE2088233))
	f.Fuzz(func(t *testing.T, first, last []byte) {
		_, server := mustContexts(t)
		_, done, err := server.Step(first)
		if done {
			t.Fatal("done by one token")
		}
		if err != nil {
			return
		}
		if _, done, err = server.Step(last); done || err == nil || server.Identity().Account != "" {
			t.Fatalf("signed in: %+v", server.Identity())
		}
		if _, err := server.Protect(security.Privacy, fragment(8)); err == nil {
			t.Fatal("calls are protected for nobody")
		}
	})
}

// Whatever a server answers, the client does not fail in a way of its own.
func FuzzChallenge(f *testing.F) {
	f.Add(tokens(f)[2])
	f.Fuzz(func(t *testing.T, challenge []byte) {
		client, _ := mustContexts(t)
		if _, _, err := client.Step(nil); err != nil {
			t.Fatal(err)
		}
		out, done, err := client.Step(challenge)
		if done == (err != nil) || (out == nil) != (err != nil) {
			t.Fatalf("%d bytes, %v, %v", len(out), done, err)
		}
	})
}
