package ntlm_test

import (
	"bytes"
	"errors"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

func TestMessagesAreWrappedBothWays(t *testing.T) {
	for _, l := range []security.Level{security.Integrity, security.Privacy} {
		client, server := mustSignIn(t)
		for i := range 30 {
			from, to := client.(security.Wrapper), server.(security.Wrapper)
			if i%2 == 1 {
				from, to = to, from
			}
			message := bytes.Repeat([]byte("m"), i*i)
			token, err := from.Wrap(l, message)
			if err != nil || len(token) != 16+len(message) {
				t.Fatal(len(token), err)
			}
			if sealed := !bytes.Equal(token[16:], message); sealed != (l == security.Privacy && i > 0) {
				t.Errorf("sealed: %v", sealed)
			}
			got, err := to.Unwrap(l, token)
			if err != nil || !bytes.Equal(got, message) {
				t.Fatal(err)
			}
		}
	}
}

func TestChangedMessagesAreSeen(t *testing.T) {
	for at := range 16 + 5 {
		client, server := mustSignInQuickly(t)
		token, err := client.(security.Wrapper).Wrap(security.Privacy, []byte("hello"))
		if err != nil {
			t.Fatal(err)
		}
		token[at] ^= 1
		if _, err := server.(security.Wrapper).Unwrap(security.Privacy, token); !errors.Is(err, mq.ErrCorruptedSecurityData) {
			t.Errorf("byte %d: %v", at, err)
		}
	}
	_, server := mustSignInQuickly(t)
	if _, err := server.(security.Wrapper).Unwrap(security.Privacy, make([]byte, 15)); err == nil {
		t.Error("one without a whole signature was taken")
	}
}
