package spnego

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"net/netip"
	"slices"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/ntlm"
	"posthouse/localqm/secure"
)

var here = netip.MustParseAddr("127.0.0.1")

// alice is the one account there is.
type alice ntlm.Hash

func (a alice) SignIn(_ string, _ netip.Addr, proof func([16]byte) bool) (string, secure.Token, error) {
	if !proof(a) {
		return "", secure.Token{}, mq.ErrAccessDenied
	}
	return "alice", secure.Token{User: secure.Everyone}, nil
}

func byNTLM() *ntlm.Initiator { return ntlm.NewInitiator("alice", "", "one") }

// kerberos is NTLM under that name: three tokens, as Kerberos has in DCE/RPC.
type kerberos struct{ security.Initiator }

func (kerberos) Mechanism() security.Mechanism { return security.Kerberos }

// expired is a mechanism that cannot begin, as Kerberos whose ticket has expired.
type expired struct{}

func (expired) Mechanism() security.Mechanism { return security.Kerberos }

func (expired) Initiate(string) (security.Context, error) { return expired{}, nil }

func (expired) Step([]byte) ([]byte, bool, error) { return nil, false, errors.New("no ticket") }

func (expired) SignatureSize(security.Level) int { return 0 }

func (expired) Protect(security.Level, security.Fragment) ([]byte, error) { return nil, nil }

func (expired) Open(security.Level, security.Fragment, []byte) error { return nil }

func (expired) Identity() security.Identity { return security.Identity{} }

// server offers some mechanisms, all of them NTLM inside.
type server []security.Mechanism

func (s server) Accept(m security.Mechanism, from netip.Addr) (security.Context, error) {
	if !slices.Contains(s, m) {
		return nil, errors.New("not offered")
	}
	if m == security.Kerberos && slices.Contains(s, twoTokens) {
		return &ticket{acceptor: true}, nil
	}
	return ntlm.Acceptor{Name: "hub", Accounts: alice(ntlm.HashOf("one"))}.Accept(security.NTLM, from)
}

// twoTokens has a server take tickets.
const twoTokens security.Mechanism = 99

// ticket is a mechanism of two tokens, as Kerberos is outside of DCE/RPC.
type ticket struct {
	acceptor, spoken bool
	security.Context
}

func (*ticket) Mechanism() security.Mechanism { return security.Kerberos }

func (*ticket) Initiate(string) (security.Context, error) { return &ticket{}, nil }

func (k *ticket) Step(token []byte) ([]byte, bool, error) {
	switch {
	case k.acceptor && string(token) == "ticket":
		return []byte("reply"), true, nil
	case !k.acceptor && !k.spoken:
		k.spoken = true
		return []byte("ticket"), false, nil
	case !k.acceptor && string(token) == "reply":
		return nil, true, nil
	}
	return nil, false, errors.New("another token was expected")
}

func (*ticket) CanSign() bool { return true }

func (k *ticket) MIC(text []byte) ([]byte, error) {
	if k.acceptor {
		return append([]byte("server: "), text...), nil
	}
	return append([]byte("client: "), text...), nil
}

func (k *ticket) VerifyMIC(text, mic []byte) error {
	other := ticket{acceptor: !k.acceptor}
	if want, _ := other.MIC(text); !bytes.Equal(want, mic) {
		return errors.New("wrong signature")
	}
	return nil
}

func (*ticket) Identity() security.Identity {
	return security.Identity{Account: "alice@R", Mechanism: security.Kerberos}
}

func accept(t testing.TB, offered ...security.Mechanism) security.Context {
	t.Helper()
	c, err := Acceptor{Of: server(offered)}.Accept(security.Negotiate, here)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func initiate(t testing.TB, of ...security.Initiator) security.Context {
	t.Helper()
	c, err := NewInitiator(of...).Initiate("hub")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// negotiate hands tokens to and fro until both are done, and returns them. change may
// alter them on their way.
func negotiate(client, server security.Context, change func(i int, token []byte) []byte) ([][]byte, error) {
	var tokens [][]byte
	var token []byte
	finished := 0
	for from, to := client, server; ; from, to = to, from {
		out, done, err := from.Step(token)
		if err != nil {
			return tokens, err
		}
		if done {
			finished++
		}
		if finished == 2 && out == nil {
			return tokens, nil
		}
		if out == nil || len(tokens) > 10 {
			return tokens, errors.New("nobody goes on")
		}
		tokens = append(tokens, slices.Clone(out))
		if token = out; change != nil {
			token = change(len(tokens)-1, slices.Clone(out))
		}
	}
}

// call sends a call each way.
func call(t *testing.T, l security.Level, client, server security.Context) {
	t.Helper()
	for range 3 {
		f := security.Fragment{Header: []byte("head"), Body: []byte("the body"), Trailer: []byte("tail")}
		sig, err := client.Protect(l, f)
		if err == nil && len(sig) != client.SignatureSize(l) {
			t.Errorf("the signature has %d bytes", len(sig))
		}
		if err == nil {
			err = server.Open(l, f, sig)
		}
		if err != nil || string(f.Body) != "the body" {
			t.Errorf("%q, %v", f.Body, err)
		}
		client, server = server, client
	}
}

func TestTheFirstCommonMechanismIsUsedAtEveryLevel(t *testing.T) {
	k := kerberos{byNTLM()}
	for name, c := range map[string]struct {
		client []security.Initiator
		server []security.Mechanism
		legs   int
	}{
		"NTLM alone":         {[]security.Initiator{byNTLM()}, []security.Mechanism{security.NTLM}, 4},
		"the client's first": {[]security.Initiator{k, byNTLM()}, []security.Mechanism{security.NTLM, security.Kerberos}, 4},
		"the client's only":  {[]security.Initiator{k}, []security.Mechanism{security.NTLM, security.Kerberos}, 4},
		"another":            {[]security.Initiator{k, byNTLM()}, []security.Mechanism{security.NTLM}, 6},
		"no ticket":          {[]security.Initiator{expired{}, byNTLM()}, []security.Mechanism{security.NTLM, security.Kerberos}, 4},
	} {
		for _, l := range []security.Level{security.Connect, security.Integrity, security.Privacy} {
			client, server := initiate(t, c.client...), accept(t, c.server...)
			tokens, err := negotiate(client, server, nil)
			if err != nil || len(tokens) != c.legs {
				t.Errorf("%s: %d tokens, %v", name, len(tokens), err)
				continue
			}
			call(t, l, client, server)
			if id := server.Identity(); id.Account != `HUB\alice` {
				t.Errorf("%s: %+v", name, id)
			}
			for _, c := range []security.Context{client, server} {
				if _, _, err := c.Step(nil); err == nil {
					t.Errorf("%s: it goes on after its end", name)
				}
			}
		}
	}
}

func TestMechanismsOfTwoTokensAreNegotiated(t *testing.T) {
	k := &ticket{}
	for name, c := range map[string]struct {
		client []security.Initiator
		legs   int
	}{
		"first":  {[]security.Initiator{k, byNTLM()}, 2},
		"second": {[]security.Initiator{byNTLM(), k}, 6},
	} {
		client, server := initiate(t, c.client...), accept(t, security.Kerberos, twoTokens)
		tokens, err := negotiate(client, server, nil)
		if err != nil || len(tokens) != c.legs || server.Identity().Account != "alice@R" {
			t.Errorf("%s: %d tokens, %+v, %v", name, len(tokens), server.Identity(), err)
		}
		for i := range tokens[1:] {
			client, server := initiate(t, c.client...), accept(t, security.Kerberos, twoTokens)
			if _, err := negotiate(client, server, func(at int, token []byte) []byte {
				if at == i+1 && len(token) > 30 { // the ones that carry a token or a signature
					token[len(token)-1] ^= 1
				}
				return token
			}); err == nil && len(tokens[i+1]) > 30 {
				t.Errorf("%s: token %d was changed and nobody saw it", name, i+1)
			}
		}
	}
}

func TestAChangedListOfMechanismsIsSeen(t *testing.T) {
	for _, clientHas := range [][]security.Initiator{{kerberos{byNTLM()}, byNTLM()}, {byNTLM(), kerberos{byNTLM()}}} {
		tokens, err := negotiate(initiate(t, clientHas...), accept(t, security.NTLM), nil)
		if err != nil {
			t.Fatal(err)
		}
		first, err := readInit(tokens[0])
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(tokens[0], first.list)
		for i := range first.list {
			if _, err := negotiate(initiate(t, clientHas...), accept(t, security.NTLM), func(leg int, token []byte) []byte {
				if leg == 0 {
					token[at+i] ^= 1
				}
				return token
			}); err == nil {
				t.Errorf("byte %d of the list was changed and nobody saw it", i)
			}
		}
	}
}

// Somebody takes Kerberos off the list, so that the weaker mechanism is used.
func TestTakingAMechanismOffTheListIsSeen(t *testing.T) {
	shorten := func(leg int, token []byte) []byte {
		if leg == 0 {
			return initToken{list: listOf(names(security.NTLM))}.encode()
		}
		return token
	}
	withoutMIC := func(leg int, token []byte) []byte {
		token = shorten(leg, token)
		if r, err := readResp(token); leg > 0 && err == nil {
			r.mic = nil
			return r.encode()
		}
		return token
	}
	for name, change := range map[string]func(int, []byte) []byte{"off the list": shorten, "and the signatures off the tokens": withoutMIC} {
		client, server := initiate(t, kerberos{byNTLM()}, byNTLM()), accept(t, security.NTLM, security.Kerberos)
		if _, err := negotiate(client, server, change); !errors.Is(err, mq.ErrCorruptedSecurityData) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestServersThatChooseBadlyAreRefused(t *testing.T) {
	for name, answer := range map[string]respToken{
		"what was not offered":     {state: acceptIncomplete, mechanism: oidKerberos, token: []byte("x")},
		"what nobody knows":        {state: acceptIncomplete, mechanism: asn1.ObjectIdentifier{1, 2, 3}},
		"refused":                  {state: reject},
		"ended at once":            {state: acceptCompleted, mechanism: oidNTLM},
		"a token of nothing known": {state: acceptIncomplete, mechanism: oidNTLM, token: []byte("x")},
	} {
		client := initiate(t, byNTLM())
		if _, _, err := client.Step(nil); err != nil {
			t.Fatal(err)
		}
		if out, done, err := client.Step(answer.encode()); err == nil {
			t.Errorf("%s: %x, %v", name, out, done)
		}
	}
	// A token for a mechanism that has not even begun.
	client := initiate(t, kerberos{byNTLM()}, byNTLM())
	if _, _, err := client.Step(nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := client.Step(respToken{state: requestMIC, mechanism: oidNTLM, token: []byte("x")}.encode()); err == nil {
		t.Error("a token before the first was taken")
	}
}

func TestClientsWithNothingInCommonAreRefused(t *testing.T) {
	for name, first := range map[string][]byte{
		"another mechanism": initToken{list: listOf([]asn1.ObjectIdentifier{{1, 2, 3}})}.encode(),
		"not offered":       initToken{list: listOf(names(security.Kerberos)), token: []byte("x")}.encode(),
		"none":              initToken{list: listOf(nil)}.encode(),
		"too many":          initToken{list: listOf(slices.Repeat([]asn1.ObjectIdentifier{oidNTLM}, maxMechanisms+1))}.encode(),
		"too long":          initToken{list: listOf(names(security.NTLM)), token: make([]byte, maxToken)}.encode(),
		"raw NTLM":          []byte("NTLMSSP\x00\x01\x00\x00\x00"),
		"nothing":           nil,
	} {
		server := accept(t, security.NTLM)
		if _, _, err := server.Step(first); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if _, err := server.Protect(security.Privacy, security.Fragment{}); err == nil {
			t.Errorf("%s: calls are protected", name)
		}
		if server.Open(security.Privacy, security.Fragment{}, nil) == nil || server.SignatureSize(security.Privacy) != 0 ||
			server.Identity().Account != "" {
			t.Errorf("%s: there is a context", name)
		}
	}
	if _, err := NewInitiator().Initiate("hub"); err == nil {
		t.Error("a client offers nothing")
	}
	if _, err := NewInitiator(NewInitiator(byNTLM())).Initiate("hub"); err == nil {
		t.Error("SPNEGO is offered inside SPNEGO")
	}
	if _, _, err := initiate(t, expired{}).Step(nil); err == nil {
		t.Error("a client begins without a ticket")
	}
}

// The first token of Windows for NTLM, and the last one of every server.
func TestTokensAreThoseOfWindows(t *testing.T) {
	first := initToken{list: listOf(names(security.NTLM)), token: make([]byte, 40)}.encode()
	const head = "604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa22a0428"
	if got := hex.EncodeToString(first[:len(first)-40]); got != head {
		t.Errorf("%s, want %s", got, head)
	}
	if got := hex.EncodeToString(respToken{state: acceptCompleted}.encode()); got != "a1073005a0030a0100" {
		t.Errorf("%s", got)
	}
}
