package krb5

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/oiweiwei/gokrb5.fork/v9/asn1tools"
	"github.com/oiweiwei/gokrb5.fork/v9/crypto"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/asnAppTag"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/chksumtype"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/etypeID"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/flags"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/keyusage"
	"github.com/oiweiwei/gokrb5.fork/v9/keytab"
	"github.com/oiweiwei/gokrb5.fork/v9/messages"
	"github.com/oiweiwei/gokrb5.fork/v9/types"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/accounts"
)

// forger makes tickets as a KDC does, also such as no KDC would.
type forger struct {
	key      types.EncryptionKey // of the service
	accounts *accounts.Store
	*Acceptor
}

func newForger(t testing.TB) *forger {
	t.Helper()
	kt := keytab.New()
	if err := kt.AddEntry("host/hub.example.com", "EXAMPLE.COM", "secret", time.Now(), 3, etypeID.AES256_CTS_HMAC_SHA1_96); err != nil {
		t.Fatal(err)
	}
	b, err := kt.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "keytab")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	f := &forger{key: kt.Entries[0].Key}
	if f.accounts, err = accounts.Open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if _, err = f.accounts.AddPrincipal("alice@EXAMPLE.COM", true); err != nil {
		t.Fatal(err)
	}
	if f.Acceptor, err = NewAcceptor(path, f.accounts, nil); err != nil {
		t.Fatal(err)
	}
	return f
}

// forgery is a ticket that has not been encrypted yet, and who uses it.
type forgery struct {
	service, realm string
	key            types.EncryptionKey // it is encrypted with
	part           messages.EncTicketPart
	client         string // realm of who uses it
	wants          contextFlags
}

// begin makes a client with a ticket for alice.
func (f *forger) begin(t testing.TB, change func(*forgery)) *initiating {
	t.Helper()
	now := time.Now().UTC()
	y := forgery{
		service: "host/hub.example.com", realm: "EXAMPLE.COM", key: f.key, client: "EXAMPLE.COM", wants: InitiatorOptions{}.wants(),
		part: messages.EncTicketPart{
			Flags: types.NewKrbFlags(), Key: freshKey(etypeID.AES256_CTS_HMAC_SHA1_96),
			CName: types.NewPrincipalName(1, "alice"), CRealm: "EXAMPLE.COM",
			AuthTime: now, StartTime: now, EndTime: now.Add(time.Hour),
		},
	}
	if change != nil {
		change(&y)
	}
	b, err := asn1.Marshal(y.part)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := crypto.GetEncryptedData(asn1tools.AddASNAppTag(b, asnAppTag.EncTicketPart), y.key, keyusage.KDC_REP_TICKET, 3)
	if err != nil {
		t.Fatal(err)
	}
	c := &initiating{initiator: &Initiator{}, ticket: ticket{client: y.part.CName, realm: y.client, key: y.part.Key, ticket: messages.Ticket{
		TktVNO: 5, Realm: y.realm, SName: types.NewPrincipalName(3, y.service), EncPart: sealed,
	}}}
	c.wants = y.wants
	return c
}

func (f *forger) accept(t testing.TB) *accepting {
	t.Helper()
	c, err := f.Accept(security.Kerberos, netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	return c.(*accepting)
}

// meet hands tokens to and fro.
func meet(client, server security.Context) error {
	var token []byte
	for {
		out, clientDone, err := client.Step(token)
		if err != nil {
			return err
		}
		if out == nil {
			return nil
		}
		token, _, err = server.Step(out)
		if err != nil || clientDone {
			return err
		}
	}
}

// pair is a client and a server that have met.
func pair(t testing.TB) (*initiating, *accepting) {
	t.Helper()
	f := newForger(t)
	client, server := f.begin(t, nil), f.accept(t)
	if err := meet(client, server); err != nil || !server.done {
		t.Fatal(err)
	}
	return client, server
}

func TestTicketsThatDoNotHoldAreRefused(t *testing.T) {
	f := newForger(t)
	if err := f.accounts.SetDisabled("alice@EXAMPLE.COM", false); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*forgery)
		words  []string
	}{
		"expired":     {func(y *forgery) { y.part.EndTime = time.Now().UTC().Add(-2 * skew) }, []string{"expired", "kinit"}},
		"too early":   {func(y *forgery) { y.part.StartTime = time.Now().UTC().Add(2 * skew) }, []string{"clock"}},
		"invalid":     {func(y *forgery) { types.SetFlag(&y.part.Flags, flags.Invalid) }, []string{"not yet valid"}},
		"service":     {func(y *forgery) { y.service = "HTTP/hub.example.com" }, []string{"HTTP/hub.example.com@EXAMPLE.COM", "not in the keytab"}},
		"host":        {func(y *forgery) { y.service = "host/depot.example.com" }, []string{"not in the keytab"}},
		"realm":       {func(y *forgery) { y.realm = "ELSEWHERE.COM" }, []string{"not in the keytab"}},
		"key":         {func(y *forgery) { y.key = freshKey(y.key.KeyType) }, []string{"does not open", "versions [3]"}},
		"kind of key": {func(y *forgery) { y.key = freshKey(etypeID.AES128_CTS_HMAC_SHA1_96) }, []string{"type 17", "AES"}},
		"RC4": {func(y *forgery) {
			y.part.Key = types.EncryptionKey{KeyType: etypeID.RC4_HMAC, KeyValue: make([]byte, 16)}
		}, []string{"type 23", "AES"}},
		"stranger":    {func(y *forgery) { y.part.CName = types.NewPrincipalName(1, "bob") }, []string{"bob@EXAMPLE.COM", "nobody here", "posthouse account add bob@EXAMPLE.COM"}},
		"other realm": {func(y *forgery) { y.part.CRealm, y.client = "ELSEWHERE.COM", "ELSEWHERE.COM" }, []string{"alice@ELSEWHERE.COM", "nobody here"}},
		"case":        {func(y *forgery) { y.part.CName = types.NewPrincipalName(1, "Alice") }, []string{"Alice@EXAMPLE.COM", "case"}},
		"hidden realm": {func(y *forgery) {
			y.part.CName.NameString = []string{"alice@EXAMPLE.COM"}
			y.part.CRealm = "X"
			y.client = "X"
		}, []string{"nobody here"}},
		"not its realm": {func(y *forgery) { y.client = "ELSEWHERE.COM" }, []string{"of the realm"}},
		"address":       {func(y *forgery) { y.part.CAddr = types.HostAddresses{{AddrType: 2, Address: []byte{127, 0, 0, 9}}} }, []string{"address", "noaddresses"}},
		"one way":       {func(y *forgery) { y.wants &^= flagMutual | flagDCE }, []string{"who the server is"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := f.accept(t)
			err := meet(f.begin(t, c.change), server)
			var e *mq.Error
			if !errors.As(err, &e) || e.Fix == "" || server.done || server.Identity().Account != "" {
				t.Fatalf("%v, %+v", err, server.Identity())
			}
			for _, w := range c.words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
			if _, _, err := server.Step([]byte("more")); err == nil {
				t.Error("it goes on")
			}
		})
	}
	server := f.accept(t)
	own := types.HostAddresses{{AddrType: 2, Address: []byte{127, 0, 0, 1}}}
	if err := meet(f.begin(t, func(y *forgery) { y.part.CAddr = own }), server); err != nil || !server.done {
		t.Errorf("a ticket for the address: %v", err)
	}
	if err := f.accounts.SetDisabled("alice@EXAMPLE.COM", true); err != nil {
		t.Fatal(err)
	}
	if err := meet(f.begin(t, nil), f.accept(t)); err == nil || !strings.Contains(err.Error(), "disabled") {
		t.Errorf("a disabled account: %v", err)
	}
}

func TestNamesOfServicesAreTheSameInAnyCase(t *testing.T) {
	f := newForger(t)
	for _, name := range []string{"HOST/hub.example.com", "host/HUB.example.com", "Host/Hub.Example.Com"} {
		if err := meet(f.begin(t, func(y *forgery) { y.service = name }), f.accept(t)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARequestIsTakenOnce(t *testing.T) {
	f := newForger(t)
	request, _, err := f.begin(t, nil).Step(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.accept(t).Step(request); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.accept(t).Step(request); err == nil || !strings.Contains(err.Error(), "before") {
		t.Errorf("the second time: %v", err)
	}
}

// Whoever repeats the request of another in another process, say, does not get in by
// sending back what he was answered, nor with what was recorded before.
func TestOnlyTheClientConfirms(t *testing.T) {
	f := newForger(t)
	client := f.begin(t, nil)
	request, _, err := client.Step(nil)
	if err != nil {
		t.Fatal(err)
	}
	first := f.accept(t)
	answer, _, err := first.Step(request)
	if err != nil {
		t.Fatal(err)
	}
	confirmation, _, err := client.Step(answer)
	if err != nil {
		t.Fatal(err)
	}
	for _, third := range [][]byte{nil, answer, confirmation, request} {
		f.seen = replays{}
		again := f.accept(t)
		own, _, err := again.Step(request)
		if err != nil {
			t.Fatal(err)
		}
		if third == nil {
			third = own
		}
		if _, done, err := again.Step(third); err == nil || done || again.Identity().Account != "" {
			t.Errorf("it was believed: %v", err)
		}
	}
	if _, done, err := first.Step(confirmation); err != nil || !done {
		t.Error(err)
	}
}

func TestClientsKnowTheServer(t *testing.T) {
	f := newForger(t)
	client, other := f.begin(t, nil), f.begin(t, nil)
	request, _, err := client.Step(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := other.Step(nil); err != nil {
		t.Fatal(err)
	}
	other.ticket.key = client.ticket.key // it answers another request of the same ticket
	answer, _, err := f.accept(t).Step(request)
	if err != nil {
		t.Fatal(err)
	}
	for i := range answer {
		changed := bytes.Clone(answer)
		changed[i] ^= 1
		c := *client
		if _, done, err := c.Step(changed); done || err == nil {
			if i > len(answer)/4 { // outside, some bytes mean nothing
				t.Fatalf("byte %d of %d: %v", i, len(answer), err)
			}
		}
	}
	other.sent.Cusec = client.sent.Cusec + 1
	if _, done, err := other.Step(answer); done || err == nil || !strings.Contains(err.Error(), "another request") {
		t.Error(err)
	}
	skewed := messages.NewKRBError(types.PrincipalName{NameString: []string{"host"}}, "EXAMPLE.COM", 37, "")
	b, err := skewed.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := client.Step(b); err == nil || !strings.Contains(err.Error(), "clock") {
		t.Error(err)
	}
}

// A client that is not of DCE style sends frames, and needs no third token (RFC 4121 4.1).
func TestTokensInFrames(t *testing.T) {
	f := newForger(t)
	client, server := f.begin(t, func(y *forgery) { y.wants &^= flagDCE }), f.accept(t)
	request, _, err := client.Step(nil)
	if err != nil {
		t.Fatal(err)
	}
	if request[0] != byte(framed) {
		t.Error("the request has no frame")
	}
	answer, done, err := server.Step(request)
	if err != nil || !done || server.Identity().Account != "alice@EXAMPLE.COM" {
		t.Fatal(done, err)
	}
	if answer[0] != byte(framed) {
		t.Error("the answer has no frame")
	}
	if _, _, err := client.Step(answer); err != nil {
		t.Fatal(err)
	}
	for _, l := range []security.Level{security.Integrity, security.Privacy} {
		for i := range 4 {
			from, to := security.Context(client), security.Context(server)
			if i%2 == 1 {
				from, to = to, from
			}
			f := security.Fragment{Header: []byte("header"), Body: []byte("a body"), Trailer: []byte("trailer"), SignHeader: true}
			sig, err := from.Protect(l, f)
			if err != nil || len(sig) != from.SignatureSize(l) {
				t.Fatal(len(sig), err)
			}
			if err := to.Open(l, f, sig); err != nil || string(f.Body) != "a body" {
				t.Fatal(err)
			}
		}
	}
	for _, damaged := range [][]byte{nil, {0x60}, {0x60, 0x80}, enframe(request, tokenAPRep), {0x6e, 0x82, 0xff}, bytes.Repeat([]byte{0x60}, maxToken+1)} {
		if _, _, err := f.accept(t).Step(damaged); err == nil {
			t.Errorf("%.10x was taken", damaged)
		}
	}
}

// fragment is one of a call.
func fragment() security.Fragment {
	return security.Fragment{Header: []byte("a header of 24 bytes...."), Body: []byte("what is said, in 22 b."), Trailer: []byte("8 bytes."), SignHeader: true}
}

func TestChangedCallsAreSeen(t *testing.T) {
	for _, l := range []security.Level{security.Integrity, security.Privacy} {
		client, server := pair(t)
		f := fragment()
		sig, err := client.Protect(l, f)
		if err != nil {
			t.Fatal(err)
		}
		parts := [][]byte{f.Header, f.Body, f.Trailer, sig}
		for n, part := range parts {
			for i := range part {
				part[i] ^= 0x10
				body := bytes.Clone(f.Body)
				s := *server
				d := *server.receive
				s.receive = &d
				if err := s.Open(l, security.Fragment{Header: f.Header, Body: body, Trailer: f.Trailer, SignHeader: true}, sig); err == nil {
					t.Fatalf("%v: byte %d of part %d was changed", l, i, n)
				}
				part[i] ^= 0x10
				if err := s.Open(l, f, sig); err == nil {
					t.Fatal("the connection is believed again")
				}
			}
		}
		if err := server.Open(l, security.Fragment{Header: f.Header, Body: bytes.Clone(f.Body), Trailer: f.Trailer, SignHeader: true}, sig); err != nil {
			t.Fatal(err)
		}
		if err := server.Open(l, f, sig); err == nil {
			t.Errorf("%v: a call was taken twice", l)
		}
	}
	client, server := pair(t)
	if _, err := client.Protect(security.Privacy, fragment()); err != nil {
		t.Fatal(err)
	}
	f := fragment()
	sig, err := client.Protect(security.Privacy, f)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Open(security.Privacy, f, sig); err == nil {
		t.Error("nobody missed a call")
	}
	client, server = pair(t)
	f = fragment()
	if sig, err = client.Protect(security.Privacy, f); err == nil {
		err = client.Open(security.Privacy, f, sig)
	}
	if err == nil || server == nil {
		t.Error("a call was sent back to its sender")
	}
	for n := range 90 {
		_, server := pair(t)
		if err := server.Open(security.Privacy, fragment(), make([]byte, n)); err == nil {
			t.Error("an empty signature")
		}
		if n > 30 {
			break
		}
	}
}

func TestNothingIsProtectedBeforeTheEnd(t *testing.T) {
	f := newForger(t)
	client, server := f.begin(t, nil), f.accept(t)
	request, _, err := client.Step(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := server.Step(request); err != nil {
		t.Fatal(err)
	}
	for _, c := range []interface {
		security.Context
		security.Signer
	}{client, server} {
		_, protect := c.Protect(security.Integrity, fragment())
		_, mic := c.MIC([]byte("text"))
		if c.CanSign() || protect == nil || mic == nil || c.VerifyMIC(nil, nil) == nil || c.Open(security.Privacy, fragment(), nil) == nil {
			t.Error("it is ready")
		}
	}
}

// domainPAC is a PAC as a domain controller makes it (MS-PAC 2.3), around what it says of
// the user.
func domainPAC(t testing.TB, info []byte, key types.EncryptionKey) types.AuthorizationData {
	t.Helper()
	kind, err := crypto.GetEtype(key.KeyType)
	if err != nil {
		t.Fatal(err)
	}
	signature := binary.LittleEndian.AppendUint32(nil, uint32(chksumtype.HMAC_SHA1_96_AES256))
	signature = append(signature, make([]byte, 12)...)
	client := append(make([]byte, 8), 10, 0, 'a', 0, 'l', 0, 'i', 0, 'c', 0, 'e', 0)
	parts := []struct {
		kind uint32
		data []byte
	}{{1, info}, {10, client}, {6, signature}, {7, signature}}
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(parts)))
	out = binary.LittleEndian.AppendUint32(out, 0)
	at, server := 8+16*len(parts), 0
	var body []byte
	for _, p := range parts {
		out = binary.LittleEndian.AppendUint32(out, p.kind)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(p.data)))
		out = binary.LittleEndian.AppendUint64(out, uint64(at+len(body)))
		if p.kind == 6 {
			server = at + len(body) + 4
		}
		body = append(body, p.data...)
		body = append(body, make([]byte, -len(body)&7)...)
	}
	out = append(out, body...)
	sum, err := kind.GetChecksumHash(key.KeyValue, out, keyusage.KERB_NON_KERB_CKSUM_SALT)
	if err != nil {
		t.Fatal(err)
	}
	copy(out[server:], sum)
	inner, err := asn1.Marshal(types.AuthorizationData{{ADType: 128, ADData: out}})
	if err != nil {
		t.Fatal(err)
	}
	return types.AuthorizationData{{ADType: 1, ADData: inner}}
}
