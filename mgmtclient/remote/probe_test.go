package remote_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"posthouse/localqm/interfaces"
	"posthouse/localqm/interfaces/interfacestest"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest/loopback"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/ntlm"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/remote"
)

// probed is what a test of a computer reports: the layers that were passed, and the
// one that was not.
func probed(t *testing.T, o remote.Options) (passed []mgmtclient.Layer, failed mgmtclient.Probe, err error) {
	t.Helper()
	err = remote.Probe(t.Context(), o, func(p mgmtclient.Probe) {
		if p.OK {
			passed = append(passed, p.Layer)
		} else {
			failed = p
		}
		if p.Text == "" || !p.OK && p.Fix == "" {
			t.Errorf("%s says %q and %q", p.Layer, p.Text, p.Fix)
		}
	})
	return passed, failed, err
}

func TestATestExplainsEachLayer(t *testing.T) {
	q := interfacestest.Start(t, "HUB")
	good := options(q, interfacestest.Admin)
	with := func(change func(o *remote.Options)) remote.Options {
		o := good
		change(&o)
		return o
	}
	nobody, err := loopback.Port()
	if err != nil {
		t.Fatal(err)
	}
	silent := answering(t, "")
	web := answering(t, "HTTP/1.1 400 Bad Request\r\n\r\n")
	empty := rpc.Serve(listening(t), rpc.Options{Acceptor: q.Options.Acceptor})
	t.Cleanup(func() { _ = empty.Close() })
	direct := func(address string) func(o *remote.Options) {
		return func(o *remote.Options) { o.Address, o.Dial = address, nil }
	}
	for name, c := range map[string]struct {
		o    remote.Options
		fail mgmtclient.Layer
		says string
	}{
		"all is well": {good, "", ""},
		"no such name": {
			with(direct("nobody.invalid:2103")), mgmtclient.LayerName, "no address is known for the name",
		},
		"nothing listens": {
			with(direct(fmt.Sprintf("127.0.0.1:%d", nobody))), mgmtclient.LayerPort, "nothing listens at the port",
		},
		"a web server": {
			with(direct(web)), mgmtclient.LayerSignIn, "does not speak as a queue manager does",
		},
		"another RPC server": {
			with(direct(empty.Addr().String())), mgmtclient.LayerManager, "not the management of a queue manager",
		},
		"a wrong password": {
			with(func(o *remote.Options) { o.Initiator = ntlm.NewInitiator(interfacestest.Admin, "", "wrong") }), mgmtclient.LayerSignIn, "password is wrong",
		},
		"an unknown account": {
			with(func(o *remote.Options) { o.Initiator = ntlm.NewInitiator("nobody", "", "x") }), mgmtclient.LayerSignIn, "the name or the password",
		},
		"no name at all": {
			with(func(o *remote.Options) { o.Initiator = nil }), mgmtclient.LayerSignIn, "lets nobody in without a name",
		},
		"no administrator": {
			with(func(o *remote.Options) { o.Initiator = interfacestest.SignIn(interfacestest.User) }), mgmtclient.LayerRights, "lacks the right",
		},
	} {
		t.Run(name, func(t *testing.T) {
			passed, failed, err := probed(t, c.o)
			want := len(mgmtclient.Layers)
			for i, l := range mgmtclient.Layers {
				if l == c.fail {
					want = i
				}
			}
			if len(passed) != want || failed.Layer != c.fail || !strings.Contains(failed.Text, c.says) {
				t.Errorf("passed %v; %s: %q, %q", passed, failed.Layer, failed.Text, failed.Fix)
			}
			if (err != nil) != (c.fail != "" && c.fail != mgmtclient.LayerRights) {
				t.Errorf("error %v", err)
			}
		})
	}
	t.Run("nobody says anything", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		failed := false
		err := remote.Probe(ctx, with(direct(silent)), func(p mgmtclient.Probe) {
			if p.Layer == mgmtclient.LayerPort {
				stop() // who waits may go at any time
			}
			failed = failed || !p.OK
		})
		if mgmtclient.Code(err) != mq.ErrOperationCancelled || !failed {
			t.Errorf("%v", err)
		}
	})
}

// listening is a port of this test.
func listening(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// answering takes connections and says one thing.
func answering(t *testing.T, text string) string {
	t.Helper()
	l := listening(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer func() { _ = c.Close() }()
			if text != "" {
				_, _ = io.WriteString(c, text)
			}
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

func TestPortsComeFromTheEndpointMapper(t *testing.T) {
	q := interfacestest.Start(t, "HUB", interfacestest.Mapper)
	var asked []string
	o := options(q, interfacestest.Admin)
	o.Address = "127.0.0.1"
	o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		asked = append(asked, address)
		if address == "127.0.0.1:135" {
			address = q.MapperAt()
		} else {
			_, port, _ := net.SplitHostPort(address)
			address = net.JoinHostPort(q.Address.String(), port)
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	passed, failed, err := probed(t, o)
	if err != nil || len(passed) != len(mgmtclient.Layers) || asked[0] != "127.0.0.1:135" {
		t.Errorf("passed %v, %+v, %v; asked %v", passed, failed, err, asked)
	}
}

func TestWithoutAMapperTheUsualPortIsTried(t *testing.T) {
	q := interfacestest.Start(t, "HUB")
	o := options(q, interfacestest.Admin)
	o.Address = "127.0.0.1"
	o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != "127.0.0.1:2103" {
			return nil, errors.New("nothing here")
		}
		return new(net.Dialer).DialContext(ctx, network, q.At())
	}
	n, err := remote.Dial(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	_ = n.Close()
}

func TestAddressesThatAreNoneAreRefused(t *testing.T) {
	for _, bad := range []string{"", ":2103", "[::1", "hub:0"} {
		if _, err := remote.Dial(t.Context(), remote.Options{Address: bad}); mgmtclient.Code(err) != mq.ErrInvalidParameter {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestWhoMayNotManageMayReadWhatHeMayRead(t *testing.T) {
	s := serve(t)
	if _, err := s.owner.CreateQueue(t.Context(), "open", mgmtclient.QueueSettings{}); err != nil {
		t.Fatal(err)
	}
	if err := s.owner.SetPermissions(t.Context(), "open", mgmtclient.Permissions{
		Entries: []mgmtclient.Permission{{Account: mgmtclient.Account{Name: "everyone"}, Rights: uint32(mq.RightQueueGenericAll)}},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.owner.Send(t.Context(), mgmtclient.SendRequest{Queue: "open", Label: "a"}); err != nil {
		t.Fatal(err)
	}
	n, err := remote.Dial(t.Context(), options(s.QM, interfacestest.User))
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	page, err := n.Messages(t.Context(), "DIRECT=TCP:127.0.0.1\\private$\\open", mgmtclient.Page{})
	if err != nil || len(page.Messages) != 1 {
		t.Errorf("%d messages, %v", len(page.Messages), err)
	}
	_, err = n.Queues(t.Context(), mgmtclient.QueueFilter{})
	if mgmtclient.Code(err) != mq.ErrAccessDenied || !strings.Contains(err.Error(), "lacks the right") {
		t.Errorf("%v", err)
	}
}

func TestAnonymousReadersAreLetInWhereThatIsWanted(t *testing.T) {
	q := interfacestest.Start(t, "HUB", func(o *interfaces.Options) { o.Anonymous = true })
	o := options(q, interfacestest.Admin)
	o.Initiator, o.Level = nil, security.None
	passed, failed, err := probed(t, o)
	if err != nil || failed.Layer != mgmtclient.LayerRights || len(passed) != 4 {
		t.Errorf("passed %v, %+v, %v", passed, failed, err)
	}
}
