package rpc_test

import (
	"context"
	"errors"
	"testing"

	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/accounts"
	"posthouse/localqm/rpc/security/ntlm"
	"posthouse/localqm/rpc/security/offer"
	"posthouse/localqm/rpc/security/spnego"
)

// hub is an acceptor with one account: anna, whose password is Brieftaube7.
func hub(t testing.TB) security.Acceptor {
	t.Helper()
	store, err := accounts.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Add("anna", "Brieftaube7", true); err != nil {
		t.Fatal(err)
	}
	return offer.New(offer.Options{Name: "hub", Accounts: store})
}

func TestClientsSignInWithAPassword(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Acceptor: hub(t)})
	for _, level := range []security.Level{security.Connect, security.Integrity, security.Privacy} {
		for name, initiator := range map[string]security.Initiator{
			"NTLM":      ntlm.NewInitiator("anna", "", "Brieftaube7"),
			"Negotiate": spnego.NewInitiator(ntlm.NewInitiator("anna", "", "Brieftaube7")),
		} {
			t.Run(name+" "+level.String(), func(t *testing.T) {
				b := bind(t, dial(t, s, rpc.DialOptions{Initiator: initiator, Level: level}), repeater)
				for _, n := range []int{0, 1, 15, 16, 20_000} {
					repeated(t, b, noise(n))
				}
				if _, err := invoke(context.Background(), b, opFail, nil); err == nil {
					t.Error("no fault")
				}
				repeated(t, b, noise(100))
				if got, err := invoke(context.Background(), b, opWho, nil); level == security.Privacy && (err != nil || string(got) != `HUB\anna privacy`) {
					t.Errorf("%q %v", got, err)
				}
			})
		}
	}
}

func TestClientsWithTheWrongPasswordAreRefused(t *testing.T) {
	s := serve(t, rpc.Options{Interfaces: []rpc.Interface{newServant().offer()}, Acceptor: hub(t)})
	for name, initiator := range map[string]security.Initiator{
		"NTLM":      ntlm.NewInitiator("anna", "", "wrong"),
		"Negotiate": spnego.NewInitiator(ntlm.NewInitiator("anna", "", "wrong")),
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, s, rpc.DialOptions{Initiator: initiator})
			b, err := c.Bind(context.Background(), withSyntax(repeater))
			if err == nil {
				_, err = invoke(context.Background(), b, opRepeat, nil)
			}
			if !errors.Is(err, rpc.ErrSignIn) {
				t.Error(err)
			}
		})
	}
}
