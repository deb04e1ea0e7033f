package ldap

import (
	"context"
	"errors"
	"strings"
	"sync"

	"posthouse/directory"
	"posthouse/localqm/mq"
)

// forest is a directory on LDAP.
type forest struct {
	ops Operations

	mu      sync.Mutex // domains only
	domains []string   // distinguished names, once they are known
}

// New makes a directory of LDAP operations; Close closes those.
func New(ops Operations) directory.Directory { return &forest{ops: ops} }

// Status is that of the operations.
func (f *forest) Status() directory.Status { return f.ops.Status() }

// Close closes the operations.
func (f *forest) Close() error { return f.ops.Close() }

// elsewhere reports whether the forest has more domains than the one whose controller
// answers: what is in those is found in the global catalogue.
func (f *forest) elsewhere(ctx context.Context, root RootDSE) (bool, error) {
	f.mu.Lock()
	domains := f.domains
	f.mu.Unlock()
	if domains == nil {
		domains = []string{}
		// A crossRef with both lowest flags is that of a domain (MS-ADTS 6.1.1.2.1.1.1).
		err := f.ops.Search(ctx, Search{
			Base: "CN=Partitions," + root.Configuration, Scope: ScopeOne, Attributes: []string{"nCName"},
			Filter: and(withClass("crossRef"), "(systemFlags:"+bitAnd+":=3)"),
		}, func(e Entry) bool {
			domains = append(domains, e.Text("nCName"))
			return true
		})
		if err != nil {
			return false, err
		}
		f.mu.Lock()
		f.domains = domains
		f.mu.Unlock()
	}
	return len(domains) > 1, nil
}

// local reports whether the controller has the domain that a name is in; the names of
// domains below it end like its own.
func (f *forest) local(root RootDSE, dn string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	best := root.Default
	for _, d := range f.domains {
		if within(dn, d) && (len(d) > len(best) || !within(dn, best)) {
			best = d
		}
	}
	return within(dn, best) && strings.EqualFold(best, root.Default)
}

// fail gives an error the operation that a person knows, and the code that MSMQ has
// for a kind of objects.
func fail(op string, k *kind, err error) error {
	if err == nil {
		return nil
	}
	var e *mq.Error
	if !errors.As(err, &e) {
		return mq.Errorf(mq.ErrNoDS, op, "%w", err)
	}
	c := *e
	c.Op = op
	if k != nil && c.Code == mq.ErrObjectNotFound {
		c.Code = k.missing
	}
	var r *directory.Refusal
	if errors.As(err, &r) && r.Code == CodeObjectExists && k != nil {
		switch k.kind {
		case directory.KindQueue:
			c.Code = mq.ErrQueueExists
		case directory.KindMachine:
			c.Code = errMachineExists
		}
	}
	return &c
}

// code is the LDAP result that an error carries; 0 if none.
func code(err error) uint16 {
	var r *directory.Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return 0
}

func missing(err error) bool { return code(err) == CodeNoObject }

// notFound is the error when nothing fits.
func notFound(op string, k *kind) error {
	e := mq.Errorf(mq.ErrObjectNotFound, op, "it is not in the directory, or may not be seen").
		WithFix("check the name, or read the list again")
	if k != nil {
		e.Code = k.missing
	}
	return e
}

// entry reads one object, and reports false if it is not there.
func (f *forest) entry(ctx context.Context, s Search) (Entry, bool, error) {
	var found Entry
	ok := false
	err := f.ops.Search(ctx, s, func(e Entry) bool {
		found, ok = e, true
		return false
	})
	if missing(err) || code(err) == CodeReferral {
		return Entry{}, false, nil
	}
	return found, ok, err
}

// lookupSize is how many names one filter holds.
const lookupSize = 50

// lookup reads objects by their distinguished names; the result is by Key. Names of
// nothing, and of what condition does not fit, are left out.
func (f *forest) lookup(ctx context.Context, root RootDSE, dns []string, condition string, attributes []string, flags uint32) (map[string]Entry, error) {
	found := make(map[string]Entry, len(dns))
	var config, domain []string
	seen := map[string]bool{}
	for _, dn := range dns {
		key := Key(dn)
		switch {
		case seen[key] || isDeleted(dn):
		case within(dn, root.Configuration):
			config = append(config, dn)
		default:
			domain = append(domain, dn)
		}
		seen[key] = true
	}
	read := func(dns []string, base string, catalogue bool) error {
		for len(dns) > 0 {
			n := min(len(dns), lookupSize)
			names := make([]string, n)
			for i, dn := range dns[:n] {
				names[i] = equal(attrDN, dn)
			}
			dns = dns[n:]
			filter := or(names...)
			if condition != "" {
				filter = and(condition, filter)
			}
			err := f.ops.Search(ctx, Search{
				Base: base, Scope: ScopeTree, Filter: filter, Attributes: attributes, SDFlags: flags, Catalogue: catalogue,
			}, func(e Entry) bool {
				found[Key(e.DN)] = e
				return true
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := read(config, root.Configuration, false); err != nil {
		return nil, err
	}
	if err := read(domain, root.Default, false); err != nil {
		return nil, err
	}
	more, err := f.elsewhere(ctx, root)
	if !more || err != nil {
		return found, err
	}
	var left []string
	for _, dn := range domain {
		if !f.local(root, dn) {
			left = append(left, dn)
		}
	}
	return found, read(left, "", true)
}

// within reports whether dn is base or below it.
func within(dn, base string) bool {
	if len(dn) > len(base) {
		return strings.EqualFold(dn[len(dn)-len(base):], base) && dn[len(dn)-len(base)-1] == ','
	}
	return strings.EqualFold(dn, base)
}
