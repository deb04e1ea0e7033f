package spnego

import (
	"bytes"
	"testing"

	"posthouse/localqm/rpc/security"
)

// Whatever comes, nobody is signed in by it, and tokens that are read can be written
// again.
func FuzzNegToken(f *testing.F) {
	for _, clientHas := range [][]security.Initiator{{byNTLM()}, {kerberos{byNTLM()}, byNTLM()}} {
		tokens, err := negotiate(initiate(f, clientHas...), accept(f, security.NTLM), nil)
		if err != nil {
			f.Fatal(err)
		}
		for i := range tokens {
			f.Add(tokens[0], tokens[i])
		}
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		server := accept(t, security.NTLM)
		if _, done, err := server.Step(first); done {
			t.Fatalf("done by one token, %v", err)
		}
		if _, done, err := server.Step(second); done {
			t.Fatalf("done by two tokens, %v", err)
		}
		client := initiate(t, byNTLM())
		if _, _, err := client.Step(nil); err != nil {
			t.Fatal(err)
		}
		if _, done, err := client.Step(second); done {
			t.Fatalf("the client is done, %v", err)
		}
		if r, err := readResp(second); err == nil {
			if again, err := readResp(r.encode()); err != nil || again.state != r.state || !bytes.Equal(again.token, r.token) ||
				!bytes.Equal(again.mic, r.mic) || !again.mechanism.Equal(r.mechanism) {
				t.Fatalf("%+v became %+v, %v", r, again, err)
			}
		}
		if i, err := readInit(first); err == nil {
			if again, err := readInit(i.encode()); err != nil || !bytes.Equal(again.list, i.list) || !bytes.Equal(again.token, i.token) {
				t.Fatalf("%+v became %+v, %v", i, again, err)
			}
		}
	})
}
