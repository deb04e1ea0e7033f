//go:build !windows

package control

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
)

// stand is a server on a fake, for tests that speak the protocol by hand.
type stand struct {
	*testing.T
	dir  string
	node *fake.Node
	*Server
}

func newStand(t *testing.T, change func(*Server)) *stand {
	t.Helper()
	dir, err := os.MkdirTemp("", "ph")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, cleanup, err := listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := &stand{T: t, dir: dir, node: fake.New(fake.Options{})}
	s.Server = &Server{
		listener: l, cleanup: cleanup, program: "1.2.3", peer: peerOf, limits: defaults, conns: map[net.Conn]struct{}{},
		// The node outlives its connections: many share it.
		provide: func(Peer) (mgmtclient.Node, error) { return unclosed{s.node}, nil },
	}
	if change != nil {
		change(s.Server)
	}
	s.start(t.Context())
	t.Cleanup(func() {
		s.Server.Close()
		s.node.Close()
	})
	return s
}

type unclosed struct{ *fake.Node }

func (unclosed) Close() error { return nil }

func (s *stand) dial() *Client {
	s.Helper()
	c, err := Dial(s.Context(), s.dir, "1.2.3")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { c.Close() })
	return c
}

// raw connects without a word.
func (s *stand) raw() net.Conn {
	s.Helper()
	c, err := net.Dial("unix", filepath.Join(s.dir, socketName))
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { c.Close() })
	return c
}

// greeted connects and shakes hands.
func (s *stand) greeted() net.Conn {
	s.Helper()
	c := s.raw()
	s.put(c, frame{kind: kindHello, body: body{Hello: &hello{Protocol: protocol}}})
	if f := s.get(c); f.kind != kindWelcome {
		s.Fatalf("frame %+v", f)
	}
	return c
}

func (s *stand) put(c net.Conn, f frame) {
	s.Helper()
	b, err := encode(f)
	if err != nil {
		s.Fatal(err)
	}
	if _, err := c.Write(b); err != nil {
		s.Fatal(err)
	}
}

func (s *stand) get(c net.Conn) frame {
	s.Helper()
	f, err := readFrame(c, maxFrame, func() {})
	if err != nil {
		s.Fatal(err)
	}
	return f
}

// closed waits until the server has closed a connection.
func (s *stand) closed(c net.Conn) {
	s.Helper()
	if _, err := io.Copy(io.Discard, c); err != nil && !strings.Contains(err.Error(), "reset by peer") {
		s.Fatal(err)
	}
}

// honest makes sure that others are served as ever.
func (s *stand) honest() {
	s.Helper()
	c := s.dial()
	if _, err := c.Machine(s.Context()); err != nil {
		s.Fatal(err)
	}
	c.Close()
}

func TestGarbageEndsTheConnectionAndNothingElse(t *testing.T) {
	s := newStand(t, nil)
	head := func(size uint32, rest ...byte) []byte {
		return append(binary.BigEndian.AppendUint32(nil, size), rest...)
	}
	for name, bytes := range map[string][]byte{
		"text":                 []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"zeros":                make([]byte, 100),
		"a frame of 4 GB":      head(0xFFFFFFFF),
		"an early large frame": head(maxHello + 1),
		"no room for a head":   head(3, 1, 2, 3),
		"text beyond":          head(9, 1, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF),
		"no JSON":              head(11, 1, 0, 0, 0, 0, 0, 0, 0, 2, '{', '{'),
		"no hello":             head(11, 1, 0, 0, 0, 0, 0, 0, 0, 2, '{', '}'),
		"a call at once":       head(11, 2, 0, 0, 0, 0, 0, 0, 0, 2, '{', '}'),
	} {
		t.Run(name, func(*testing.T) {
			c := s.raw()
			if _, err := c.Write(bytes); err != nil {
				t.Fatal(err)
			}
			s.closed(c)
		})
	}
	for name, f := range map[string]frame{
		"an unknown kind":          {kind: 99},
		"a server's frame":         {kind: kindResult, call: 1},
		"credit beyond the window": {kind: kindCredit, call: 7, body: body{Credit: window + 1}},
		"negative credit":          {kind: kindCredit, call: 7, body: body{Credit: -1}},
	} {
		t.Run(name, func(*testing.T) {
			c := s.greeted()
			s.put(c, f)
			s.closed(c)
		})
	}
	t.Run("the same call twice", func(*testing.T) {
		release := s.node.Hold("Machine")
		defer release()
		c := s.greeted()
		s.put(c, frame{kind: kindCall, call: 1, body: body{Method: "Machine"}})
		s.put(c, frame{kind: kindCall, call: 1, body: body{Method: "Machine"}})
		s.closed(c)
	})
	t.Run("credit that was not used", func(*testing.T) {
		release := s.node.Hold("Queues")
		defer release()
		c := s.greeted()
		s.put(c, frame{kind: kindCall, call: 1, body: body{Method: "Queues"}})
		s.put(c, frame{kind: kindCredit, call: 1, body: body{Credit: 1}})
		s.closed(c)
	})
	s.honest()
}

func TestFramesOfTheProtocolThatMakeNoSenseAreAnswered(t *testing.T) {
	s := newStand(t, nil)
	c := s.greeted()
	s.put(c, frame{kind: kindCancel, call: 12345})                    // of no call
	s.put(c, frame{kind: kindCredit, call: 5, body: body{Credit: 3}}) // of no call
	for i, b := range []body{{Method: "Format C"}, {}, {Method: "Send"}, {Method: "Delete", Params: &params{}}} {
		s.put(c, frame{kind: kindCall, call: uint32(i + 1), body: b})
		if f := s.get(c); f.kind != kindResult || f.call != uint32(i+1) || f.body.Error == nil {
			t.Errorf("%+v is answered with %+v", b, f)
		}
	}
}

func TestAnAnnouncedFrameTakesNoMemoryBeforeItComes(t *testing.T) {
	s := newStand(t, nil)
	var before, after runtime.MemStats
	conns := make([]net.Conn, 30)
	for i := range conns {
		conns[i] = s.greeted()
	}
	runtime.ReadMemStats(&before)
	for _, c := range conns {
		if _, err := c.Write(binary.BigEndian.AppendUint32(nil, maxFrame)); err != nil {
			t.Fatal(err)
		}
	}
	s.honest()
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 30*maxFrame/4 {
		t.Errorf("%d bytes were taken for frames that were only announced", got)
	}
}

func TestWhoStopsInTheMiddleIsCutOff(t *testing.T) {
	s := newStand(t, func(s *Server) { s.limits.hello = 10 * time.Millisecond })
	s.closed(s.raw()) // never says hello
	s = newStand(t, func(s *Server) { s.limits.frame = 250 * time.Millisecond })
	c := s.greeted()
	if _, err := c.Write(binary.BigEndian.AppendUint32(nil, 1000)); err != nil {
		t.Fatal(err)
	}
	s.closed(c)
}

func TestWhoDoesNotReadIsCutOff(t *testing.T) {
	s := newStand(t, func(s *Server) { s.limits.frame = 250 * time.Millisecond })
	ctx := t.Context()
	if _, err := s.node.CreateQueue(ctx, "big", mgmtclient.QueueSettings{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.node.Send(ctx, mgmtclient.SendRequest{Queue: "big", Body: make([]byte, 4_000_000)}); err != nil {
		t.Fatal(err)
	}
	c := s.greeted()
	s.put(c, frame{kind: kindCall, call: 1, body: body{Method: "Messages", Params: &params{Queue: "big", Page: &mgmtclient.Page{BodyLimit: -1}}}})
	for { // wait for the end without reading
		s.mu.Lock()
		n := len(s.conns)
		s.mu.Unlock()
		if n == 0 {
			break
		}
		runtime.Gosched()
	}
}

func TestVersionsThatDifferAreToldInWords(t *testing.T) {
	s := newStand(t, nil)
	c := s.raw()
	s.put(c, frame{kind: kindHello, body: body{Hello: &hello{Protocol: 99, Program: "9.9"}}})
	f := s.get(c)
	if f.kind != kindRefusal || f.body.Error == nil {
		t.Fatalf("frame %+v", f)
	}
	text := f.body.Error.fromWire().Error()
	for _, want := range []string{"1.2.3", "9.9", "protocol 99", "same version"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not say %s", text, want)
		}
	}

	// The other way round: a server of the future that welcomes everyone.
	here, there := net.Pipe()
	go func() {
		defer there.Close()
		if _, err := readFrame(there, maxFrame, func() {}); err != nil {
			return
		}
		b, _ := encode(frame{kind: kindWelcome, body: body{Hello: &hello{Protocol: protocol + 1, Program: "2.0"}}})
		there.Write(b)
	}()
	_, err := attach(t.Context(), here, "attach", "dir", "1.2.3")
	if mgmtclient.Code(err) != mq.ErrUnsupportedOperation || !strings.Contains(err.Error(), "2.0") {
		t.Errorf("error %v", err)
	}
}

func TestAThousandConnections(t *testing.T) {
	s := newStand(t, func(s *Server) { s.limits.hello = time.Hour })
	const many = 1000
	var work sync.WaitGroup
	refused := make(chan struct{}, many)
	open := make([]net.Conn, many)
	for i := range open {
		c := s.raw()
		open[i] = c
		work.Go(func() {
			f, err := readFrame(c, maxFrame, func() {})
			if err == nil && f.kind == kindRefusal && f.body.Error.Code == mq.ErrInsufficientResources {
				refused <- struct{}{}
			}
		})
	}
	for range many - defaults.conns { // the others wait to be asked for a hello
		<-refused
	}
	for _, c := range open {
		c.Close()
	}
	work.Wait()
	if len(refused) > 0 {
		t.Errorf("%d of those within the limit were refused", len(refused))
	}
	for { // the places come free
		c, err := Dial(t.Context(), s.dir, "")
		if err == nil {
			c.Close()
			break
		}
		if mgmtclient.Code(err) != mq.ErrInsufficientResources {
			t.Fatal(err)
		}
	}
}

func TestAnotherAccountIsRefusedInWords(t *testing.T) {
	for name, peer := range map[string]func(net.Conn) (Peer, error){
		"another account":       func(net.Conn) (Peer, error) { return Peer{UID: uint32(os.Getuid()) + 1, PID: 4711}, nil },
		"nobody knows whose":    func(net.Conn) (Peer, error) { return Peer{}, errors.New("no credentials") },
		"the account of nobody": func(net.Conn) (Peer, error) { return Peer{UID: 65534}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, func(s *Server) { s.peer = peer })
			_, err := Dial(t.Context(), s.dir, "")
			if mgmtclient.Code(err) != mq.ErrAccessDenied || !strings.Contains(err.Error(), "account") && !strings.Contains(err.Error(), "whose") {
				t.Errorf("error %v", err)
			}
			if s.node.Calls("") != 0 {
				t.Error("it was served")
			}
		})
	}
	t.Run("root and the owner may", func(t *testing.T) {
		for _, p := range []Peer{{UID: 0}, {UID: uint32(os.Getuid())}} {
			s := newStand(t, func(s *Server) { s.peer = func(net.Conn) (Peer, error) { return p, nil } })
			s.honest()
		}
	})
}

func TestAStoppedQueueManagerIsToldToEveryoneWhoWaits(t *testing.T) {
	s := newStand(t, nil)
	if _, err := s.node.CreateQueue(t.Context(), "orders", mgmtclient.QueueSettings{}); err != nil {
		t.Fatal(err)
	}
	c := s.dial()
	signals, err := c.Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	errs := make(chan error, 20)
	release := s.node.Hold("Receive")
	defer release()
	for range cap(errs) {
		go func() {
			_, err := c.Receive(t.Context(), "orders", mgmtclient.ReceiveOptions{Timeout: time.Hour})
			errs <- err
		}()
	}
	for s.node.Calls("Receive") < cap(errs) {
		runtime.Gosched()
	}
	c.conn.(*net.UnixConn).CloseRead() // as if the process had been killed
	for range cap(errs) {
		if err := <-errs; mgmtclient.Code(err) != mq.ErrServiceNotAvailable || !strings.Contains(err.Error(), s.dir) {
			t.Errorf("error %v", err)
		}
	}
	for range signals {
	}
	if _, err := c.Machine(t.Context()); mgmtclient.Code(err) != mq.ErrServiceNotAvailable {
		t.Errorf("afterwards: %v", err)
	}
	if _, err := c.Watch(t.Context()); mgmtclient.Code(err) != mq.ErrServiceNotAvailable {
		t.Errorf("a watch afterwards: %v", err)
	}
}

func TestClosingTheServerAnswersWhatRuns(t *testing.T) {
	s := newStand(t, nil)
	if _, err := s.node.CreateQueue(t.Context(), "orders", mgmtclient.QueueSettings{}); err != nil {
		t.Fatal(err)
	}
	c := s.dial()
	answer := make(chan error, 1)
	go func() {
		_, err := c.Receive(t.Context(), "orders", mgmtclient.ReceiveOptions{Timeout: time.Hour})
		answer <- err
	}()
	for s.node.Calls("Receive") == 0 {
		runtime.Gosched()
	}
	s.Server.Close()
	if err := <-answer; mgmtclient.Code(err) != mq.ErrServiceNotAvailable {
		t.Errorf("error %v", err)
	}
	if _, err := Dial(t.Context(), s.dir, ""); !errors.Is(err, ErrNotRunning) {
		t.Errorf("a call after the end: %v", err)
	}
}

func TestAPanicIsAnAnswer(t *testing.T) {
	s := newStand(t, nil)
	s.node.SetHook(func(_ context.Context, method, _ string) error {
		if method == "Queue" {
			panic("a bug")
		}
		return nil
	})
	c := s.dial()
	if _, err := c.Queue(t.Context(), "x"); mgmtclient.Code(err) != mq.ErrGeneric || !strings.Contains(err.Error(), "a bug") {
		t.Errorf("error %v", err)
	}
	if _, err := c.Machine(t.Context()); err != nil {
		t.Errorf("the connection afterwards: %v", err)
	}
}

func TestTooManyCallsAreRefusedOneByOne(t *testing.T) {
	s := newStand(t, nil)
	release := s.node.Hold("Machine")
	c := s.dial()
	errs := make(chan error, maxCalls)
	var work sync.WaitGroup
	for range maxCalls {
		work.Go(func() {
			_, err := c.Machine(t.Context())
			errs <- err
		})
	}
	for s.node.Calls("Machine") < maxCalls {
		runtime.Gosched()
	}
	if _, err := c.Queue(t.Context(), "x"); mgmtclient.Code(err) != mq.ErrInsufficientResources {
		t.Errorf("one more: %v", err)
	}
	release()
	work.Wait()
	for range maxCalls {
		if err := <-errs; err != nil {
			t.Errorf("a call that was taken: %v", err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []frame{
		{kind: kindHello, body: body{Hello: &hello{Protocol: protocol}}},
		{kind: kindCall, call: 7, body: body{Method: "Send", Params: &params{Send: &mgmtclient.SendRequest{Queue: "q", Body: []byte("body")}}}},
		{kind: kindResult, call: 7, body: body{Result: &result{Page: &mgmtclient.MessagePage{Messages: []mgmtclient.Message{{Body: []byte("x")}, {}}}}}},
		{kind: kindResult, body: body{Error: &wireError{Code: mq.ErrAccessDenied}, Result: &result{Records: []mgmtclient.Record{{Packet: []byte{1}}}}}},
	} {
		b, err := encode(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[4:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := decode(b)
		if err != nil {
			return
		}
		x.body.Blobs = nil
		again, err := encode(x)
		if err != nil {
			if errors.Is(err, errTooLarge) {
				return
			}
			t.Fatal(err)
		}
		y, err := decode(again[4:])
		if err != nil {
			t.Fatalf("what was encoded is not read: %v", err)
		}
		if y.kind != x.kind || y.call != x.call || y.body.Method != x.body.Method {
			t.Fatalf("%+v became %+v", x, y)
		}
	})
}
