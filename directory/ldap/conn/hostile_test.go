package conn_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/conn"
	"posthouse/localqm/mq"
)

var tree = ldap.Search{Base: "DC=a,DC=example", Scope: ldap.ScopeTree}

// refusal checks that an error has a code and says a word, and what to do.
func refusal(t *testing.T, err error, code mq.HResult, word string) {
	t.Helper()
	var e *mq.Error
	if !errors.As(err, &e) || e.Code != code || e.Fix == "" || !strings.Contains(err.Error(), word) {
		t.Errorf("%v: want %s and %q", err, code.Name(), word)
	}
}

// A line that sends what is no LDAP, or too much of it, is dropped; the next request
// goes by a new one.
func TestHostileAnswersAreDropped(t *testing.T) {
	deep := []byte{4, 0}
	for range 10_000 {
		head := []byte{0x30, 0x84, byte(len(deep) >> 24), byte(len(deep) >> 16), byte(len(deep) >> 8), byte(len(deep))}
		deep = append(head, deep...)
	}
	for name, answer := range map[string][]byte{
		"the longest length":     {0x30, 0x84, 0xff, 0xff, 0xff, 0xff},
		"a length of 17 MB":      {0x30, 0x84, 0x01, 0x10, 0x00, 0x00},
		"10,000 levels":          deep,
		"no length":              {0x30, 0x80, 0x02, 0x01, 0x02},
		"text":                   []byte("HTTP/1.1 400 Bad Request\r\n\r\n"),
		"nothing":                {},
		"an entry without parts": {0x30, 0x05, 0x02, 0x01, 0x03, 0x64, 0x00},
		"a number as a name":     {0x30, 0x0a, 0x02, 0x01, 0x03, 0x64, 0x05, 0x02, 0x01, 0x01, 0x30, 0x00},
		"an end without parts":   {0x30, 0x05, 0x02, 0x01, 0x03, 0x65, 0x00},
		"another answer":         {0x30, 0x0c, 0x02, 0x01, 0x03, 0x69, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00},
	} {
		t.Run(name, func(t *testing.T) {
			var honest atomic.Bool
			s := serve(t, func(c net.Conn, id int64, op *ber.Packet) bool {
				if isRoot(op) || honest.Load() {
					return false
				}
				own := bytes.Clone(answer)
				if len(own) > 4 && own[2] == 2 {
					own[4] = byte(id)
				}
				_, _ = c.Write(own)
				if len(answer) == 0 || answer[1] == 0x80 {
					_ = c.Close()
				}
				return true
			})
			c := open(t, plain(s))
			refusal(t, c.Search(t.Context(), tree, func(ldap.Entry) bool { return true }), mq.ErrNoDS, "broke")
			honest.Store(true)
			if err := c.Search(t.Context(), tree, func(ldap.Entry) bool { return true }); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSearchesWithoutEndAreEnded(t *testing.T) {
	n := 0
	for name, answer := range map[string]func(c net.Conn, id int64){
		"entries": func(c net.Conn, id int64) {
			e := entry("CN=x,DC=a,DC=example", "cn", "x")
			for {
				m := ber.NewSequence("")
				m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
				m.AppendChild(e)
				if _, err := c.Write(m.Bytes()); err != nil {
					return
				}
			}
		},
		"long entries": func(c net.Conn, id int64) {
			for range 3 {
				send(c, id, entry("CN=x,DC=a,DC=example", "cn", strings.Repeat("x", 7<<20)))
			}
		},
		"empty pages, one cookie": func(c net.Conn, id int64) { sendPage(c, id, "again") },
		"empty pages, many cookies": func(c net.Conn, id int64) {
			n++
			sendPage(c, id, fmt.Sprint(n))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(c net.Conn, id int64, op *ber.Packet) bool {
				if isRoot(op) {
					return false
				}
				answer(c, id)
				return true
			})
			o := plain(s)
			o.Timeout = time.Minute
			refusal(t, open(t, o).Search(t.Context(), tree, func(ldap.Entry) bool { return true }), mq.ErrDS, "sends")
		})
	}
}

// Referrals lead to wherever the server likes.
func TestReferralsAreNotFollowed(t *testing.T) {
	trap := serve(t, nil)
	s := serve(t, func(c net.Conn, id int64, op *ber.Packet) bool {
		if isRoot(op) {
			return false
		}
		reference := ber.Encode(ber.ClassApplication, ber.TypeConstructed, searchReference, nil, "")
		reference.AppendChild(text("ldap://" + trap.address + "/DC=b"))
		for range 3 {
			send(c, id, reference, entry("CN=x,DC=a,DC=example", "cn", "x"))
		}
		if base(op) == "DC=b" {
			send(c, id, result(searchDone, 10, "ldap://"+trap.address+"/DC=b"))
		} else {
			sendPage(c, id, "")
		}
		return true
	})
	c := open(t, plain(s))
	if list := found(t, c, tree); len(list) != 3 {
		t.Errorf("%v", list)
	}
	err := c.Search(t.Context(), ldap.Search{Base: "DC=b", Scope: ldap.ScopeTree}, func(ldap.Entry) bool { return true })
	var r *directory.Refusal
	if !errors.As(err, &r) || r.Code != ldap.CodeReferral {
		t.Error(err)
	}
	if n := trap.accepted.Load(); n != 0 {
		t.Errorf("it was followed %d times", n)
	}
}

func TestValuesInPartsThatDoNotFitAreRefused(t *testing.T) {
	for name, parts := range map[string][]string{
		"the same again":       {"member;range=0-1", "member;range=0-1"},
		"a gap":                {"member;range=0-1", "member;range=3-4"},
		"more than it says":    {"member;range=0-1", "member;range=2-2"},
		"nothing":              {"member;range=0-1", "member;range=2-9"},
		"another attribute":    {"member;range=0-1", "owner;range=2-*"},
		"numbers that are not": {"member;range=0-1", "member;range=x-*"},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			s := serve(t, func(c net.Conn, id int64, op *ber.Packet) bool {
				if isRoot(op) {
					return false
				}
				values := []string{"CN=1", "CN=2"}
				if name == "nothing" && n > 0 {
					values = nil
				}
				send(c, id, entry("CN=x", parts[min(n, 1)], values...), result(searchDone, 0, ""))
				n++
				return true
			})
			refusal(t, open(t, plain(s)).Search(t.Context(), ldap.Search{Base: "CN=x"}, func(ldap.Entry) bool { return true }), mq.ErrDS, "parts")
		})
	}
}

// openSoon connects with little patience, as often as a busy computer needs.
func openSoon(t *testing.T, s *server) *conn.Conn {
	t.Helper()
	o := plain(s)
	o.Timeout = 300 * time.Millisecond
	for start := time.Now(); ; {
		c, err := conn.Dial(t.Context(), o)
		if err == nil {
			t.Cleanup(func() { _ = c.Close() })
			return c
		}
		if time.Since(start) > time.Minute {
			t.Fatal(err)
		}
	}
}

func TestASilentServerIsGivenUp(t *testing.T) {
	var talks atomic.Bool
	s := serve(t, func(c net.Conn, id int64, op *ber.Packet) bool {
		if isRoot(op) || talks.Load() {
			return false
		}
		if op.Tag == searchRequest { // drop by drop, which is no answer either
			for _, b := range []byte{0x30, 0x20, 0x02} {
				_, _ = c.Write([]byte{b})
			}
		}
		return true
	})
	c := openSoon(t, s)
	refusal(t, c.Search(t.Context(), tree, func(ldap.Entry) bool { return true }), mq.ErrNoDS, "300ms")
	if c.Status().Connected {
		t.Error("the line is still used")
	}
	talks.Store(true)
	for start := time.Now(); c.Modify(t.Context(), "CN=x", nil) != nil; {
		if time.Since(start) > time.Minute {
			t.Fatal("it does not connect again")
		}
	}
	talks.Store(false)
	if err := c.Modify(t.Context(), "CN=x", nil); !errors.Is(err, mq.ErrNoDS) {
		t.Error(err)
	}
}

func TestWhoStopsWaitingIsFreeAtOnce(t *testing.T) {
	ctx, stop := context.WithCancelCause(t.Context())
	s := serve(t, func(_ net.Conn, _ int64, op *ber.Packet) bool {
		if isRoot(op) {
			return false
		}
		stop(errGone)
		return true
	})
	c := open(t, plain(s))
	for _, err := range []error{c.Search(ctx, tree, func(ldap.Entry) bool { return true }), c.Add(ctx, "CN=x", nil)} {
		if !errors.Is(err, errGone) || !errors.Is(err, mq.ErrNoDS) {
			t.Error(err)
		}
	}
	if !c.Status().Connected {
		t.Error("the line was dropped, though others may be using it")
	}
}

// A server that takes nothing in cannot hold a request for ever.
func TestAServerThatDoesNotReadIsGivenUp(t *testing.T) {
	held := make(chan struct{})
	s := serve(t, func(_ net.Conn, _ int64, op *ber.Packet) bool {
		if isRoot(op) {
			return false
		}
		<-held
		return true
	})
	defer close(held)
	c := openSoon(t, s)
	huge := ldap.Attribute{Name: "x", Values: [][]byte{bytes.Repeat([]byte("x"), 12<<20)}}
	if err := c.Add(t.Context(), "CN=x", []ldap.Attribute{huge}); !errors.Is(err, mq.ErrNoDS) {
		t.Error(err)
	}
}

// What may have been done is not done twice; what only reads is asked again.
func TestChangesAreNotRepeated(t *testing.T) {
	var cut atomic.Bool
	s := serve(t, func(c net.Conn, _ int64, op *ber.Packet) bool {
		if isRoot(op) || !cut.Load() {
			return false
		}
		cut.Store(op.Tag != searchRequest)
		_ = c.Close()
		return true
	})
	c := open(t, plain(s))
	cut.Store(true)
	refusal(t, c.Modify(t.Context(), "CN=x", nil), mq.ErrNoDS, "may have been made")
	if n := s.modifies.Load(); n != 1 {
		t.Errorf("%d changes were sent", n)
	}
	cut.Store(false)
	if err := c.Modify(t.Context(), "CN=x", nil); err != nil {
		t.Error(err)
	}
	cut.Store(true)
	if err := c.Search(t.Context(), tree, func(ldap.Entry) bool { return true }); err != nil {
		t.Error(err)
	}
}

func TestAServerThatIsAwayIsNotAskedAllTheTime(t *testing.T) {
	s := serve(t, func(c net.Conn, _ int64, op *ber.Packet) bool {
		_ = c.Close()
		return op.Tag == bindRequest
	})
	c, err := conn.New(plain(s))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for range 200 {
		if _, err := c.Root(t.Context()); !errors.Is(err, mq.ErrNoDS) {
			t.Fatal(err)
		}
	}
	if n := s.accepted.Load(); n > 20 {
		t.Errorf("it was asked %d times", n)
	}
	if s := c.Status(); s.Connected || s.Err == nil {
		t.Errorf("%+v", s)
	}
}

func TestPasswordsAreNeverSentInTheClear(t *testing.T) {
	const extendedRequest, extendedResponse = 23, 24
	for name, answer := range map[string]func(c net.Conn, id int64){
		"no TLS there":     func(c net.Conn, id int64) { send(c, id, result(extendedResponse, 52, "no certificate")) },
		"another answer":   func(c net.Conn, id int64) { send(c, id, result(bindResponse, 0, "")) },
		"no TLS after all": func(c net.Conn, id int64) { send(c, id, result(extendedResponse, 0, ""), result(bindResponse, 0, "")) },
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(c net.Conn, id int64, op *ber.Packet) bool {
				if op.Tag == extendedRequest {
					answer(c, id)
				}
				return op.Tag == extendedRequest
			})
			o := plain(s)
			o.Protection = conn.Auto
			_, err := conn.Dial(t.Context(), o)
			refusal(t, err, mq.ErrNoDS, "TLS")
			if n := s.binds.Load(); n != 0 {
				t.Errorf("%d sign-ins were sent", n)
			}
		})
	}
	o := conn.Options{Controllers: []string{"192.0.2.1"}, Protection: conn.Plain, SignIn: conn.SignIn{Method: conn.Simple, User: "anna", Password: "x"}}
	_, err := conn.Dial(t.Context(), o)
	refusal(t, err, mq.ErrInvalidParameter, "loopback")
	o.SignIn.Password = ""
	_, err = conn.Dial(t.Context(), o)
	refusal(t, err, mq.ErrInvalidParameter, "no password")
}

// forger is a name server that sends everybody to one place.
type forger struct{ host, port string }

func (f forger) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	port, err := strconv.ParseUint(f.port, 10, 16)
	return "", []*net.SRV{{Target: f.host, Port: uint16(port)}}, err
}

func (forger) LookupHost(context.Context, string) ([]string, error) {
	return []string{"127.0.0.1"}, nil
}

func TestAForgedNameServerGetsNoPassword(t *testing.T) {
	s := serve(t, nil)
	_, port, err := net.SplitHostPort(s.address)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"dc01.thief.example.", "nordhavn.example.thief.example.", "dc.notnordhavn.example."} {
		_, err := conn.Dial(t.Context(), conn.Options{
			Domain: "nordhavn.example", Resolver: forger{name, port}, Roots: x509.NewCertPool(), SignIn: conn.SignIn{User: "anna", Password: "throw-away"},
		})
		refusal(t, err, mq.ErrNoDS, "not in the domain")
	}
	if n := s.accepted.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
	// One of the domain is asked, and has to prove its name.
	_, err = conn.Dial(t.Context(), conn.Options{
		Domain: "nordhavn.example", Resolver: forger{"DC01.nordhavn.example.", port}, Roots: x509.NewCertPool(), SignIn: conn.SignIn{User: "anna", Password: "throw-away"},
	})
	refusal(t, err, mq.ErrNoDS, "")
	if s.accepted.Load() != 1 || s.binds.Load() != 0 {
		t.Errorf("%d connections, %d sign-ins", s.accepted.Load(), s.binds.Load())
	}
}

func TestANameWithoutDomainIsThatOfTheController(t *testing.T) {
	var mu sync.Mutex
	var names []string
	s := serve(t, func(_ net.Conn, _ int64, op *ber.Packet) bool {
		mu.Lock()
		defer mu.Unlock()
		if op.Tag == bindRequest {
			names = append(names, op.Children[1].Data.String())
		}
		return false
	})
	for _, user := range []string{"anna", "SHOP01$", "anna@b.example", `B\anna`, "CN=anna,DC=b"} {
		o := plain(s)
		o.SignIn.User = user
		open(t, o)
	}
	mu.Lock()
	defer mu.Unlock()
	want := []string{"anna@a.example", "SHOP01$@a.example", "anna@b.example", `B\anna`, "CN=anna,DC=b"}
	if !slices.Equal(names, want) {
		t.Errorf("signed in as %q", names)
	}
}

func TestNamesOfControllersAreRead(t *testing.T) {
	for _, s := range []string{"", "ldap://", "http://dc", "dc/x", "user@dc", "dc:0", "dc:99999", "dc:x", "a b", "dc\x00", "ldap://dc/DC=x", "dc?x", strings.Repeat("x", 256)} {
		_, err := conn.New(conn.Options{Controllers: []string{s}, SignIn: conn.SignIn{Method: conn.Anonymous}})
		refusal(t, err, mq.ErrInvalidParameter, "controller")
	}
	for _, s := range []string{"dc01", "dc01.a.example", "dc01:389", "LDAP://dc01", "ldaps://dc01:636/", "::1", "[::1]:389", "127.0.0.1"} {
		c, err := conn.New(conn.Options{Controllers: []string{s}, SignIn: conn.SignIn{Method: conn.Anonymous}})
		if err != nil {
			t.Error(err)
			continue
		}
		_ = c.Close()
	}
}

func TestWhatIsClosedStaysClosed(t *testing.T) {
	s := serve(t, nil)
	c := open(t, plain(s))
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	_, err := c.Root(t.Context())
	refusal(t, err, mq.ErrNoDS, "closed")
	refusal(t, c.Add(t.Context(), "CN=x", nil), mq.ErrNoDS, "closed")
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
