package forest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/conn"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// dial connects by LDAP.
func dial(ctx context.Context, s mgmtclient.DirectorySignIn, password string, report func(mgmtclient.Probe)) (directory.Directory, error) {
	o := conn.Options{Domain: s.Domain, CA: s.CA, SignIn: conn.SignIn{Method: conn.Password, User: s.User, Password: password}}
	if s.Controller != "" {
		o.Controllers = []string{s.Controller}
	}
	if s.SignIn == mgmtclient.SignInKerberos {
		o.SignIn = conn.SignIn{Method: conn.Kerberos, User: s.User}
	}
	if report == nil {
		c, err := conn.New(o)
		if err != nil {
			return nil, err
		}
		return ldap.New(c), nil
	}
	l := layers{report: report}
	o.Report = l.step
	c, err := conn.Dial(ctx, o)
	l.end(err)
	if err != nil {
		return nil, err
	}
	return ldap.New(c), nil
}

// layers tells the steps of connecting as the layers of a test, each once: where one
// controller fails and the next does not, that of the next.
type layers struct {
	report  func(mgmtclient.Probe)
	told    int
	took    time.Duration
	failure *mgmtclient.Probe
	ended   bool // conn goes on to report when it connects again
}

// order of the layers, and which of them a step ends.
var order = map[conn.Layer]struct {
	layer mgmtclient.Layer
	at    int
	ends  bool
}{
	conn.LayerFind:    {mgmtclient.LayerName, 1, true},
	conn.LayerConnect: {mgmtclient.LayerPort, 2, true},
	conn.LayerSecure:  {mgmtclient.LayerSignIn, 3, false},
	conn.LayerSignIn:  {mgmtclient.LayerSignIn, 3, true},
	conn.LayerAsk:     {mgmtclient.LayerManager, 4, false},
}

func (l *layers) step(s conn.Step) {
	o := order[s.Layer]
	l.took += s.Took
	switch {
	case l.ended:
	case s.Err != nil:
		p := broken(o.layer, s.Err, l.took)
		if l.failure == nil {
			l.failure = &p
		}
		l.took = 0
	case o.ends && o.at > l.told:
		l.told = o.at
		l.report(mgmtclient.Probe{Layer: o.layer, OK: true, Text: s.Text, Took: l.took})
		l.took = 0
	}
}

func (l *layers) end(err error) {
	if err != nil && l.failure != nil && !l.ended {
		l.report(*l.failure)
	}
	l.ended = true
}

func broken(layer mgmtclient.Layer, err error, took time.Duration) mgmtclient.Probe {
	p := mgmtclient.Probe{Layer: layer, Text: reason(err), Took: took}
	var e *mq.Error
	if errors.As(err, &e) {
		p.Fix = e.Fix
	}
	return p
}

// probe tries what is left when somebody is signed in: reading.
func (f *Forest) probe(ctx context.Context, d directory.Directory, report func(mgmtclient.Probe)) error {
	began := time.Now()
	fail := func(l mgmtclient.Layer, err error) error {
		report(broken(l, err, time.Since(began)))
		return err
	}
	list, err := directory.All[*directory.Enterprise](ctx, d, directory.Query{Kind: directory.KindEnterprise, Limit: 1})
	if err == nil && len(list) == 0 {
		err = mq.Errorf(mq.ErrNoDS, "read the forest", "it has no settings of Message Queuing, or this account may not see them").
			WithFix("install Message Queuing with directory integration in the forest once, or sign in with another account")
	}
	if err != nil {
		return fail(mgmtclient.LayerManager, err)
	}
	s := d.Status()
	report(mgmtclient.Probe{Layer: mgmtclient.LayerManager, OK: true, Text: fmt.Sprintf("the forest %s, by %s", s.Forest, s.Controller), Took: time.Since(began)})
	began = time.Now()
	m, err := readMap(ctx, d)
	if err != nil {
		return fail(mgmtclient.LayerRights, err)
	}
	report(mgmtclient.Probe{
		Layer: mgmtclient.LayerRights, OK: true, Took: time.Since(began),
		Text: fmt.Sprintf("%s may read %s, %s and %s; what may be changed the directory says for each object",
			who(s), many(len(m.sites), "site"), many(len(m.links), "routing link"), many(len(m.machines), "queue manager")),
	})
	return nil
}

func who(s directory.Status) string {
	if s.As == "" {
		return "this account"
	}
	return s.As
}

func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
