package conn

import (
	"context"
	"errors"
	"sync"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/localqm/mq"
)

// Conn is ldap.Operations on the controllers of one forest.
type Conn struct {
	options   Options
	main      line
	catalogue line
	calls     sync.WaitGroup // of requests, also those that nobody waits for any more
}

var _ ldap.Operations = (*Conn)(nil)

// New makes operations that connect when they are first needed. Close ends them.
func New(o Options) (*Conn, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	c := &Conn{options: o}
	c.main = line{dial: c.dialMain, patience: o.Timeout}
	c.catalogue = line{dial: c.dialCatalogue, patience: o.Timeout}
	return c, nil
}

// Dial is New with a first connection.
func Dial(ctx context.Context, o Options) (*Conn, error) {
	c, err := New(o)
	if err != nil {
		return nil, err
	}
	if _, _, err := c.main.get(ctx); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// Close ends the connections, and what is still asked on them.
func (c *Conn) Close() error {
	c.main.close()
	c.catalogue.close()
	c.calls.Wait()
	return nil
}

// Status is that of the connection to the directory.
func (c *Conn) Status() directory.Status {
	s, err := c.main.state()
	if s == nil {
		return directory.Status{Err: err}
	}
	return directory.Status{
		Connected: true, Controller: s.controller, Forest: s.root.Forest, As: s.as, Protection: s.words(),
	}
}

func (c *Conn) dialMain(ctx context.Context, prefer target) (*session, error) {
	began := time.Now()
	list, err := c.options.controllers(ctx)
	return c.first(ctx, list, err, began, prefer, false)
}

func (c *Conn) dialCatalogue(ctx context.Context, prefer target) (*session, error) {
	s, _, err := c.main.get(ctx)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	list, err := c.options.catalogues(ctx, s.root.Forest, s.target)
	return c.first(ctx, list, err, began, prefer, true)
}

// first is a session with the first controller that answers; the one that did so last
// is asked first.
func (c *Conn) first(ctx context.Context, list []target, err error, began time.Time, prefer target, catalogue bool) (*session, error) {
	o := &c.options
	if err != nil {
		o.Report(Step{Layer: LayerFind, Err: err, Took: time.Since(began)})
		return nil, err
	}
	o.Report(Step{Layer: LayerFind, Controller: list[0].host, Text: list[0].String(), Took: time.Since(began)})
	for i, t := range list {
		if t == prefer {
			list[0], list[i] = t, list[0]
		}
	}
	var failed []error
	for _, t := range list {
		d := &dialing{Options: o, target: t, catalogue: catalogue, calls: &c.calls}
		s, err := d.dial(ctx)
		if err == nil {
			o.Log.Info("connected to the directory", "controller", s.controller, "as", s.as, "protection", s.words(), "catalogue", catalogue)
			return s, nil
		}
		o.Log.Warn("a controller of the directory cannot be used", "controller", t.host, "why", err)
		failed = append(failed, err)
		if ctx.Err() != nil {
			break
		}
	}
	if len(failed) == 1 {
		return nil, failed[0]
	}
	// What is wrong with the first is what the person can do something about.
	var e *mq.Error
	if errors.As(failed[0], &e) {
		all := *e
		all.Err = errors.Join(failed...)
		return nil, mq.Errorf(all.Code, all.Op, "%s (and %d more controllers cannot be used)", all.Why, len(failed)-1).WithFix("%s", all.Fix)
	}
	return nil, failed[0]
}

// Root implements ldap.Operations.
func (c *Conn) Root(ctx context.Context) (ldap.RootDSE, error) {
	s, _, err := c.main.get(ctx)
	if err != nil {
		return ldap.RootDSE{}, err
	}
	return s.root, nil
}

// Add implements ldap.Operations.
func (c *Conn) Add(ctx context.Context, dn string, attributes []ldap.Attribute) error {
	r := goldap.NewAddRequest(dn, nil)
	for _, a := range attributes {
		r.Attribute(a.Name, texts(a.Values))
	}
	return c.change(ctx, "add "+dn, dn, func(l *goldap.Conn) error { return l.Add(r) })
}

// Modify implements ldap.Operations.
func (c *Conn) Modify(ctx context.Context, dn string, changes []ldap.Change) error {
	r := goldap.NewModifyRequest(dn, nil)
	if parts := ldap.SDFlags(changes); parts != 0 {
		r.Controls = append(r.Controls, &goldap.ControlMicrosoftSDFlags{Criticality: true, ControlValue: int32(parts)}) //nolint:gosec // four bits
	}
	for _, ch := range changes {
		switch ch.Op {
		case ldap.AddValues:
			r.Add(ch.Name, texts(ch.Values))
		case ldap.DeleteValues:
			r.Delete(ch.Name, texts(ch.Values))
		case ldap.Replace:
			r.Replace(ch.Name, texts(ch.Values))
		}
	}
	return c.change(ctx, "change "+dn, dn, func(l *goldap.Conn) error { return l.Modify(r) })
}

// Delete implements ldap.Operations.
func (c *Conn) Delete(ctx context.Context, dn string, tree bool) error {
	r := goldap.NewDelRequest(dn, nil)
	if tree {
		r.Controls = append(r.Controls, goldap.NewControlSubtreeDelete())
	}
	return c.change(ctx, "delete "+dn, dn, func(l *goldap.Conn) error { return l.Del(r) })
}

// change does what must not be done twice.
func (c *Conn) change(ctx context.Context, op, dn string, request func(*goldap.Conn) error) error {
	s, _, err := c.main.get(ctx)
	if err != nil {
		return err
	}
	_, err = s.call(ctx, op, func() error { return request(s.lib) })
	return about(dn, err)
}

// about names the object of a refusal.
func about(dn string, err error) error {
	var r *directory.Refusal
	if errors.As(err, &r) && r.DN == "" {
		r.DN = dn
	}
	return err
}

// Search implements ldap.Operations. A line that broke before anything came is made
// anew, once.
func (c *Conn) Search(ctx context.Context, q ldap.Search, each func(ldap.Entry) bool) error {
	l := &c.main
	if q.Catalogue {
		l = &c.catalogue
	}
	for {
		s, fresh, err := l.get(ctx)
		if err != nil {
			return err
		}
		came := false
		err = s.search(ctx, "search "+q.Base, q, func(e ldap.Entry) bool {
			came = true
			return each(e)
		})
		if err == nil || fresh || came || s.alive() || ctx.Err() != nil {
			return about(q.Base, err)
		}
	}
}

func texts(values [][]byte) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}
