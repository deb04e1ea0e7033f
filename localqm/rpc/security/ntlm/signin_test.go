package ntlm_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/accounts"
	"posthouse/localqm/rpc/security/ntlm"
	"posthouse/localqm/secure"
)

var here = netip.MustParseAddr("127.0.0.1")

const password = "Sesam, öffne dich!"

func hub(t testing.TB) (ntlm.Acceptor, *accounts.Store) {
	t.Helper()
	s, err := accounts.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Add("alice", password, true); err != nil {
		t.Fatal(err)
	}
	return ntlm.Acceptor{Name: "hub.example.com", Accounts: s}, s
}

func accept(t testing.TB, a ntlm.Acceptor) security.Context {
	t.Helper()
	c, err := a.Accept(security.NTLM, here)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func initiate(t testing.TB, i *ntlm.Initiator) security.Context {
	t.Helper()
	c, err := i.Initiate("hub.example.com")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// signIn hands the three tokens to and fro; change may alter them on their way.
func signIn(client, server security.Context, change func(kind int, token []byte)) error {
	var token []byte
	for kind := 1; ; kind++ {
		from, to := client, server
		if kind == 2 {
			from, to = server, client
		}
		out, done, err := from.Step(token)
		if err != nil {
			return err
		}
		out = slices.Clone(out)
		if change != nil {
			change(kind, out)
		}
		if done != (kind == 3) {
			return errors.New("the client is done too early or too late")
		}
		if done {
			if out, done, err = to.Step(out); err == nil && (out != nil || !done) {
				err = errors.New("the server is not done")
			}
			return err
		}
		token = out
	}
}

func mustSignIn(t testing.TB) (client, server security.Context) {
	t.Helper()
	a, _ := hub(t)
	client, server = initiate(t, ntlm.NewInitiator("alice", "", password)), accept(t, a)
	if err := signIn(client, server, nil); err != nil {
		t.Fatal(err)
	}
	return client, server
}

func TestPeopleSignInWithEveryFormOfTheirName(t *testing.T) {
	a, s := hub(t)
	list, err := s.List()
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	for _, c := range []struct{ user, domain string }{
		{"alice", ""},
		{"ALICE", ""},
		{"alice", "HUB"},
		{"Alice", "somewhere.else"},
		{`HUB\alice`, ""},
		{"alice@hub.example.com", ""},
	} {
		server := accept(t, a)
		if err := signIn(initiate(t, ntlm.NewInitiator(c.user, c.domain, password)), server, nil); err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		id := server.Identity()
		if id.Account != `HUB\alice` || id.Mechanism != security.NTLM || id.Token.User != list[0].SID ||
			!id.Token.Has(secure.Administrators) || !id.Token.Has(secure.AuthenticatedUsers) {
			t.Errorf("%+v is %+v", c, id)
		}
	}
}

func TestWhoMayNotSignInIsRefused(t *testing.T) {
	a, s := hub(t)
	if _, err := s.Add("bob", password, false); err != nil {
		t.Fatal(err)
	}
	if err := s.SetDisabled("bob", true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddPrincipal("carol@EXAMPLE.COM", false); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ user, password, why string }{
		{"alice", "wrong", "the password is wrong"},
		{"alice", "", "the password is wrong"},
		{"nobody", password, "no such account"},
		{"bob", password, "disabled"},
		{"carol", password, "no such account"},
		{"carol@EXAMPLE.COM", "", "no such account"},
	} {
		server := accept(t, a)
		err := signIn(initiate(t, ntlm.NewInitiator(c.user, "", c.password)), server, nil)
		if !errors.Is(err, mq.ErrAccessDenied) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s with %q: %v, want %q", c.user, c.password, err, c.why)
		}
		if server.Identity().Account != "" {
			t.Errorf("%s is %+v", c.user, server.Identity())
		}
		if _, err := server.Protect(security.Privacy, security.Fragment{}); err == nil {
			t.Errorf("%s was refused and can call", c.user)
		}
	}
	if _, err := ntlm.NewInitiator("", "", password).Initiate("hub"); err == nil {
		t.Error("nobody signs in")
	}
}

// Anonymous clients send no response (MS-NLMP 3.2.5.1.2).
func TestAnonymousClientsAreRefusedUnlessAllowed(t *testing.T) {
	a, _ := hub(t)
	for _, allowed := range []bool{false, true} {
		a.Anonymous = allowed
		server := accept(t, a)
		err := signIn(initiate(t, ntlm.NewInitiator("alice", "", password)), server, func(kind int, token []byte) {
			if kind == 3 {
				for _, field := range []int{12, 20, 28, 36} { // responses, domain and user
					binary.LittleEndian.PutUint32(token[field:], 0)
				}
			}
		})
		if (err == nil) != allowed {
			t.Errorf("allowed %v: %v", allowed, err)
		}
		if allowed && server.Identity().Token.User != secure.Anonymous {
			t.Errorf("nobody is %+v", server.Identity())
		}
	}
}

func TestOldResponsesAreRefused(t *testing.T) {
	const lm, nt = 12, 20
	for name, change := range map[string]func(token []byte){
		"LM alone":    func(token []byte) { binary.LittleEndian.PutUint32(token[nt:], 0) },
		"NTLMv1":      func(token []byte) { binary.LittleEndian.PutUint32(token[nt:], 24|24<<16) },
		"no response": func(token []byte) { copy(token[lm:], make([]byte, 16)) },
		"version 2.1": func(token []byte) { token[binary.LittleEndian.Uint32(token[nt+4:])+16] = 2 },
		"cut-off attributes": func(token []byte) {
			binary.LittleEndian.PutUint16(token[nt:], binary.LittleEndian.Uint16(token[nt:])-10)
		},
	} {
		client, server := mustContexts(t)
		err := signIn(client, server, func(kind int, token []byte) {
			if kind == 3 {
				change(token)
			}
		})
		if !errors.Is(err, mq.ErrBadSecurityContext) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTokensThatWereChangedAreRefused(t *testing.T) {
	a, _ := hub(t)
	client, server := initiate(t, ntlm.NewInitiator("alice", "", password)), accept(t, a)
	var sizes [4]int
	if err := signIn(client, server, func(kind int, token []byte) { sizes[kind] = len(token) }); err != nil {
		t.Fatal(err)
	}
	for kind := 1; kind <= 3; kind++ {
		for at := range sizes[kind] {
			a, _ := hubOf(t)
			client, server := initiate(t, ntlm.NewInitiator("alice", "", password)), accept(t, a)
			if err := signIn(client, server, func(k int, token []byte) {
				if k == kind {
					token[at] ^= 0x01
				}
			}); err == nil {
				t.Errorf("byte %d of token %d was changed and nobody saw it", at, kind)
			}
		}
	}
}

// hubOf is a hub for many sign-ins that fail: it does not slow them down.
func hubOf(testing.TB) (ntlm.Acceptor, knownHash) {
	k := knownHash(ntlm.HashOf(password))
	return ntlm.Acceptor{Name: "hub.example.com", Accounts: k}, k
}

type knownHash ntlm.Hash

func (k knownHash) SignIn(name string, _ netip.Addr, proof func([16]byte) bool) (string, secure.Token, error) {
	if !proof(k) {
		return "", secure.Token{}, mq.ErrAccessDenied
	}
	return name, secure.Token{}, nil
}

func TestTokensThatWereCutOffAreRefused(t *testing.T) {
	var tokens [4][]byte
	client, server := mustContexts(t)
	if err := signIn(client, server, func(kind int, token []byte) { tokens[kind] = slices.Clone(token) }); err != nil {
		t.Fatal(err)
	}
	for n := range tokens[3] {
		_, server := mustContexts(t)
		if _, _, err := server.Step(tokens[1]); err != nil {
			t.Fatal(err)
		}
		if _, _, err := server.Step(tokens[3][:n]); err == nil {
			t.Errorf("%d bytes of the last token were enough", n)
		}
	}
	for n := range tokens[2] {
		client, _ := mustContexts(t)
		if _, _, err := client.Step(nil); err != nil {
			t.Fatal(err)
		}
		if _, _, err := client.Step(tokens[2][:n]); err == nil {
			t.Errorf("%d bytes of a challenge were enough", n)
		}
	}
}

func mustContexts(t testing.TB) (client, server security.Context) {
	a, _ := hubOf(t)
	return initiate(t, ntlm.NewInitiator("alice", "", password)), accept(t, a)
}

func TestTokensDoNotWorkAgain(t *testing.T) {
	var last []byte
	client, server := mustContexts(t)
	if err := signIn(client, server, func(kind int, token []byte) { last = slices.Clone(token) }); err != nil {
		t.Fatal(err)
	}
	client, again := mustContexts(t)
	first, _, err := client.Step(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = again.Step(first); err != nil {
		t.Fatal(err)
	}
	if _, _, err = again.Step(last); !errors.Is(err, mq.ErrAccessDenied) {
		t.Errorf("a token of another connection: %v", err)
	}
	for _, c := range []security.Context{client, server, again} {
		_, _, err = c.Step(last)
		if err == nil {
			t.Error("a context took a token after its end")
		}
	}
	if server.Identity().Account == "" {
		t.Error("one token too many signed somebody out")
	}
}

// A client without our time stamp uses its clock. Ours is in the challenge, so changing
// it there is a client whose clock is wrong.
func TestClocksMayBeADayOff(t *testing.T) {
	for _, c := range []struct {
		off  time.Duration
		fine bool
	}{{-37 * time.Hour, false}, {-35 * time.Hour, true}, {35 * time.Hour, true}, {37 * time.Hour, false}} {
		client, server := mustContexts(t)
		err := signIn(client, server, func(kind int, token []byte) {
			if kind != 2 {
				return
			}
			stamp := bytes.Index(token, []byte{7, 0, 8, 0}) + 4
			at := binary.LittleEndian.Uint64(token[stamp:])
			binary.LittleEndian.PutUint64(token[stamp:], at+uint64(c.off/100)) //nolint:gosec // wraps around
		})
		// Within a day and a half it is only seen that the challenge was changed.
		if clock := err != nil && strings.Contains(err.Error(), "clock"); err == nil || clock == c.fine {
			t.Errorf("%v off: %v", c.off, err)
		}
	}
}

// rpcclient and impacket send no MIC, and do not say that they do.
func TestClientsWithoutMICAreAccepted(t *testing.T) {
	client, server := mustContexts(t)
	_ = client
	old := oldClient{hash: ntlm.HashOf(password), user: "alice"}
	challenge, _, err := server.Step(old.negotiate(0xE2088233))
	if err != nil {
		t.Fatal(err)
	}
	if _, done, err := server.Step(old.authenticate(challenge, 0xE2088233)); err != nil || !done {
		t.Errorf("%v, %v", done, err)
	}
}

func TestWeakClientsAreRefused(t *testing.T) {
	for why, flags := range map[string]uint32{
		"no Unicode":                   0xE2088232,
		"no extended session security": 0xE2008233,
		"no NTLM":                      0xE2088033,
		"signs with 56 bits":           0xC2088233,
		"signs without key exchange":   0xA2088233,
	} {
		for _, late := range []bool{false, true} {
			_, server := mustContexts(t)
			old := oldClient{hash: ntlm.HashOf(password), user: "alice"}
			first := flags
			if late {
				first = 0xE2088233
			}
			challenge, _, err := server.Step(old.negotiate(first))
			if err == nil {
				_, _, err = server.Step(old.authenticate(challenge, flags))
			}
			if err == nil {
				t.Errorf("%s (late %v): accepted", why, late)
			}
		}
	}
}

// At level connect nothing is signed, so no key needs to be strong.
func TestClientsThatOnlyConnectNeedNoKey(t *testing.T) {
	_, server := mustContexts(t)
	old := oldClient{hash: ntlm.HashOf(password), user: "alice"}
	challenge, _, err := server.Step(old.negotiate(0x02088203))
	if err != nil {
		t.Fatal(err)
	}
	if _, done, err := server.Step(old.authenticate(challenge, 0x02088203)); err != nil || !done {
		t.Fatalf("%v, %v", done, err)
	}
	if sig, err := server.Protect(security.Connect, security.Fragment{Body: []byte("x")}); sig != nil || err != nil {
		t.Errorf("at connect: %x, %v", sig, err)
	}
	for _, l := range []security.Level{security.Integrity, security.Privacy} {
		if _, err := server.Protect(l, security.Fragment{}); !errors.Is(err, mq.ErrBadSecurityContext) {
			t.Errorf("at %v: %v", l, err)
		}
		if err := server.Open(l, security.Fragment{}, make([]byte, 16)); !errors.Is(err, mq.ErrBadSecurityContext) {
			t.Errorf("at %v: %v", l, err)
		}
	}
	if server.(security.Signer).CanSign() {
		t.Error("it says it can sign")
	}
}
