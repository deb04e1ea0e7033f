package conn_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"

	"posthouse/directory/ldap/conn"
)

// Tags of LDAP (RFC 4511 4).
const (
	bindRequest     = 0
	bindResponse    = 1
	searchRequest   = 3
	searchEntry     = 4
	searchDone      = 5
	modifyRequest   = 6
	modifyResponse  = 7
	addRequest      = 8
	searchReference = 19
)

// server is a directory of a test's own, as hostile as its answer has it.
type server struct {
	address string
	// answer gets requests that are not of signing in; it reports whether it has
	// answered, else the server does as a good one would.
	answer func(c net.Conn, id int64, op *ber.Packet) bool

	binds, modifies, accepted atomic.Int32
	mu                        sync.Mutex
	open                      map[net.Conn]bool
}

func serve(t testing.TB, answer func(c net.Conn, id int64, op *ber.Packet) bool) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{address: l.Addr().String(), answer: answer, open: map[net.Conn]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.accepted.Add(1)
			s.mu.Lock()
			s.open[c] = true
			s.mu.Unlock()
			all.Go(func() {
				s.talk(c)
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		s.hangUp()
		all.Wait()
	})
	return s
}

// hangUp closes all connections.
func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		_ = c.Close()
	}
	clear(s.open)
}

func (s *server) talk(c net.Conn) {
	for {
		p, err := ber.ReadPacket(c)
		if err != nil || len(p.Children) < 2 {
			return
		}
		id, _ := p.Children[0].Value.(int64)
		op := p.Children[1]
		switch op.Tag {
		case bindRequest:
			s.binds.Add(1)
		case modifyRequest:
			s.modifies.Add(1)
		}
		if s.answer != nil && s.answer(c, id, op) {
			continue
		}
		switch op.Tag {
		case bindRequest:
			send(c, id, result(bindResponse, 0, ""))
		case searchRequest:
			if base(op) == "" {
				send(c, id, entry("", "defaultNamingContext", "DC=a,DC=example"), nil)
				send(c, id, result(searchDone, 0, ""))
				continue
			}
			send(c, id, result(searchDone, 0, ""))
		case modifyRequest:
			send(c, id, result(modifyResponse, 0, ""))
		case 2: // unbind
			return
		}
	}
}

func base(op *ber.Packet) string { return op.Children[0].Data.String() }

// isRoot reports whether something is asked that a session needs to begin with.
func isRoot(op *ber.Packet) bool {
	return op.Tag == bindRequest || op.Tag == searchRequest && (base(op) == "" || strings.HasPrefix(base(op), "CN=Part"))
}

// send sends a message; a nil packet is left out.
func send(w io.Writer, id int64, packets ...*ber.Packet) {
	for _, op := range packets {
		if op == nil {
			continue
		}
		m := ber.NewSequence("")
		m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
		m.AppendChild(op)
		_, _ = w.Write(m.Bytes())
	}
}

// sendPage ends a page of a search; an empty cookie says that it was the last.
func sendPage(w io.Writer, id int64, cookie string) {
	value := ber.NewSequence("")
	value.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 0, ""))
	value.AppendChild(text(cookie))
	control := ber.NewSequence("")
	control.AppendChild(text("1.2.840.113556.1.4.319"))
	control.AppendChild(text(string(value.Bytes())))
	controls := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
	controls.AppendChild(control)
	m := ber.NewSequence("")
	m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	m.AppendChild(result(searchDone, 0, ""))
	m.AppendChild(controls)
	_, _ = w.Write(m.Bytes())
}

func text(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

func result(tag ber.Tag, code int64, said string) *ber.Packet {
	r := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	r.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	r.AppendChild(text(""))
	r.AppendChild(text(said))
	return r
}

// entry has one attribute; that of the root has the others that a session needs.
func entry(dn, name string, values ...string) *ber.Packet {
	e := ber.Encode(ber.ClassApplication, ber.TypeConstructed, searchEntry, nil, "")
	e.AppendChild(text(dn))
	list := ber.NewSequence("")
	add := func(name string, values ...string) {
		a, set := ber.NewSequence(""), ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		a.AppendChild(text(name))
		for _, v := range values {
			set.AppendChild(text(v))
		}
		a.AppendChild(set)
		list.AppendChild(a)
	}
	add(name, values...)
	if dn == "" {
		add("configurationNamingContext", "CN=Configuration,DC=a,DC=example")
		add("rootDomainNamingContext", "DC=a,DC=example")
	}
	e.AppendChild(list)
	return e
}

// plain signs in with a password that anybody may read.
func plain(s *server) conn.Options {
	return conn.Options{
		Controllers: []string{s.address}, Protection: conn.Plain, Timeout: 5 * time.Second,
		SignIn: conn.SignIn{Method: conn.Simple, User: "anna", Password: "throw-away"},
	}
}

var errGone = errors.New("the caller has gone")
