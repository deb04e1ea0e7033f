package conn

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	goldap "github.com/go-ldap/ldap/v3"

	"posthouse/directory/ldap"
	"posthouse/localqm/mq"
)

// Limits of what one search takes from a server.
const (
	usualPage  = 500
	maxPage    = 1000     // that is what Active Directory gives (MaxPageSize)
	maxEntries = 2 << 20  // of a search
	maxEmpty   = 100      // pages without an entry, one after another
	maxValues  = 1 << 20  // of one attribute
	maxBytes   = 16 << 20 // of one page
)

// search finds entries. Pages are read ahead of each, which may take its time, and ask
// for more on the same session.
func (s *session) search(ctx context.Context, op string, q ldap.Search, each func(ldap.Entry) bool) error {
	p := &paging{session: s, op: op, search: q, left: q.Limit, more: make(chan struct{}, 1)}
	if q.Limit <= 0 {
		p.left = maxEntries
	}
	if p.single() {
		p.read(ctx)
	} else if !s.begin(func() { p.readAll(ctx) }) {
		return s.broken(op, s.reason())
	}
	defer p.stopped.Store(true)
	for {
		entries, ended, err := p.take()
		for _, e := range entries {
			if !each(e) {
				return nil
			}
		}
		if ended {
			return err
		}
		if len(entries) == 0 {
			<-p.more // readAll ends with ctx
		}
	}
}

// paging is one search (RFC 2696).
type paging struct {
	*session
	op     string
	search ldap.Search
	left   int // entries that are still wanted
	empty  int
	cookie []byte
	done   bool

	stopped atomic.Bool   // nobody wants the rest
	more    chan struct{} // there is something to take

	mu    sync.Mutex
	ready []ldap.Entry
	ended bool
	err   error
}

// take is what has been read since the last time.
func (p *paging) take() (entries []ldap.Entry, ended bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	entries, p.ready = p.ready, nil
	return entries, p.ended, p.err
}

// give hands entries over.
func (p *paging) give(entries []ldap.Entry, ended bool, err error) {
	p.mu.Lock()
	p.ready, p.ended, p.err = append(p.ready, entries...), ended, err
	p.mu.Unlock()
	select {
	case p.more <- struct{}{}:
	default:
	}
}

// readAll reads page after page.
func (p *paging) readAll(ctx context.Context) {
	if !p.sets.begin(ctx, p.gone, p) {
		if p.alive() {
			p.give(nil, true, p.late(p.op, ctx))
		} else {
			p.give(nil, true, p.broken(p.op, p.reason()))
		}
		return
	}
	defer p.sets.end(p)
	for {
		at := p.sets.now()
		if p.read(ctx) || p.stopped.Load() {
			break
		}
		p.sets.asked(p, at)
	}
	p.abandon(ctx)
}

// read reads a page and reports whether it was the last.
func (p *paging) read(ctx context.Context) (ended bool) {
	entries, err := p.next(ctx)
	ended = p.done || err != nil
	if len(entries) > p.left {
		entries, ended = entries[:p.left], true
	}
	p.left -= len(entries)
	for i := range entries {
		if whole, fault := p.complete(ctx, p.op, entries[i]); fault == nil {
			entries[i] = whole
		} else {
			entries, ended, err = entries[:i], true, fault
			break
		}
	}
	if p.left == 0 && !ended {
		ended = true
		if p.search.Limit <= 0 {
			err = p.endless("more than %d objects", maxEntries)
		}
	}
	p.give(entries, ended, err)
	return ended
}

func (p *paging) endless(format string, args ...any) error {
	e := mq.Errorf(mq.ErrDS, p.op, "%s sends "+format, append([]any{p.controller}, args...)...)
	return e.WithFix("is it a directory? Look who sits in between")
}

// single reports whether one answer is all there can be. A SizeLimit is no way to that:
// not every directory keeps to it.
func (p *paging) single() bool { return p.search.Scope == ldap.ScopeBase }

func (p *paging) request() *goldap.SearchRequest {
	q := p.search
	r := goldap.NewSearchRequest(q.Base, int(q.Scope), goldap.NeverDerefAliases, 0, 0, false, q.Filter, q.Attributes, nil)
	if r.Filter == "" {
		r.Filter = "(objectClass=*)"
	}
	if q.SDFlags != 0 {
		r.Controls = append(r.Controls, &goldap.ControlMicrosoftSDFlags{Criticality: true, ControlValue: int32(q.SDFlags)}) //nolint:gosec // four bits
	}
	if p.single() {
		p.done = true
		return r
	}
	if q.Sort != "" {
		r.Controls = append(r.Controls, goldap.NewControlServerSideSortingWithSortKeys([]*goldap.SortKey{{AttributeType: q.Sort}}))
	}
	size := usualPage
	if q.Page > 0 {
		size = min(q.Page, maxPage)
	}
	paged := goldap.NewControlPaging(uint32(min(size, p.left))) //nolint:gosec // at most maxPage
	paged.SetCookie(p.cookie)
	r.Controls = append(r.Controls, paged)
	return r
}

// page is one answer.
type page struct {
	entries []ldap.Entry
	cookie  []byte
}

// next asks for a page; p.done says that it was the last.
func (p *paging) next(ctx context.Context) ([]ldap.Entry, error) {
	before, got, r := p.cookie, &page{}, p.request()
	p.cookie = nil
	answered, err := p.call(ctx, p.op, func() error { return p.fetch(ctx, r, got) })
	if !answered {
		p.done = true
		return nil, err // got may still change
	}
	p.cookie = got.cookie
	p.done = p.done || err != nil || len(p.cookie) == 0
	if len(got.entries) > 0 {
		p.empty = 0
	} else if p.empty++; !p.done && (p.empty > maxEmpty || string(before) == string(p.cookie)) {
		p.done = true
		err = p.endless("pages with nothing in them")
	}
	return got.entries, err
}

// fetch reads one page.
func (p *paging) fetch(ctx context.Context, r *goldap.SearchRequest, got *page) error {
	ctx, stop := context.WithCancel(ctx)
	answer := p.lib.SearchAsync(ctx, r, 0)
	defer func() {
		stop()
		for answer.Next() { //nolint:revive // until the library has ended it
		}
	}()
	most := maxPage
	if p.single() {
		most = 1
	}
	bytes := 0
	for answer.Next() {
		if c, ok := goldap.FindControl(answer.Controls(), goldap.ControlTypePaging).(*goldap.ControlPaging); ok {
			got.cookie = c.Cookie
		}
		e := answer.Entry()
		if e == nil || answer.Referral() != "" {
			continue
		}
		entry := convert(e)
		got.entries = append(got.entries, entry)
		if bytes += size(entry); bytes > maxBytes || len(got.entries) > most {
			return p.endless("more than was asked for")
		}
	}
	switch {
	case answer.Err() != nil:
		return answer.Err()
	case ctx.Err() != nil:
		return ctx.Err()
	case !p.alive() || p.lib.IsClosing():
		// A session that ends before a search begins is no error to the library.
		return errors.New("it was closed while the answer was read")
	}
	return nil
}

// abandon tells the server that the rest is not wanted; it would keep it for a while.
func (p *paging) abandon(ctx context.Context) {
	if len(p.cookie) == 0 || !p.alive() || ctx.Err() != nil {
		return
	}
	q := p.search
	paged := goldap.NewControlPaging(0)
	paged.SetCookie(p.cookie)
	r := goldap.NewSearchRequest(q.Base, int(q.Scope), goldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{"1.1"}, []goldap.Control{paged})
	if q.Filter != "" {
		r.Filter = q.Filter
	}
	_, _ = p.call(ctx, p.op, func() error {
		_, err := p.lib.Search(r)
		var refused *goldap.Error
		if errors.As(err, &refused) && refused.ResultCode < 200 {
			return nil // it may answer what it likes
		}
		return err
	})
}

func convert(e *goldap.Entry) ldap.Entry {
	entry := ldap.Entry{DN: e.DN}
	for _, a := range e.Attributes {
		if len(a.ByteValues) > 0 || strings.Contains(a.Name, ";range=") {
			entry.Attributes = append(entry.Attributes, ldap.Attribute{Name: a.Name, Values: a.ByteValues})
		}
	}
	return entry
}

func size(e ldap.Entry) int {
	n := len(e.DN) + 64
	for _, a := range e.Attributes {
		n += len(a.Name) + 64
		for _, v := range a.Values {
			n += len(v) + 32
		}
	}
	return n
}

// complete asks for the rest of attributes that came in part (MS-ADTS 3.1.1.3.1.3.3).
func (s *session) complete(ctx context.Context, op string, e ldap.Entry) (ldap.Entry, error) {
	whole := e.Attributes[:0]
	for _, a := range e.Attributes {
		name, next, last, ok := ranged(a.Name)
		if !ok {
			whole = append(whole, a)
			continue
		}
		a.Name = name
		for !last {
			part, err := s.part(ctx, op, e.DN, name, next)
			if err != nil {
				return e, err
			}
			_, following, end, ok := ranged(part.Name)
			if !ok || !end && following != next+len(part.Values) || !end && len(part.Values) == 0 || len(a.Values)+len(part.Values) > maxValues {
				return e, mq.Errorf(mq.ErrDS, op, "%s sends the values of %s in parts that do not fit together", s.controller, name).
					WithFix("try again, or ask another controller")
			}
			a.Values = append(a.Values, part.Values...)
			next, last = following, end
		}
		if len(a.Values) > 0 {
			whole = append(whole, a)
		}
	}
	e.Attributes = whole
	return e, nil
}

// part reads the values of an attribute from one on.
func (s *session) part(ctx context.Context, op, dn, name string, from int) (ldap.Attribute, error) {
	var part ldap.Attribute
	p := paging{session: s, op: op, left: 1, search: ldap.Search{
		Base: dn, Scope: ldap.ScopeBase, Attributes: []string{fmt.Sprintf("%s;range=%d-*", name, from)},
	}}
	entries, err := p.next(ctx)
	for _, e := range entries {
		for _, a := range e.Attributes {
			if n, _, _, ok := ranged(a.Name); ok && strings.EqualFold(n, name) {
				part = a
			}
		}
	}
	return part, err
}

// ranged reads name;range=FIRST-LAST, in which LAST is * at the end; next is where the
// following part begins.
func ranged(s string) (name string, next int, last, ok bool) {
	name, rest, ok := strings.Cut(s, ";range=")
	if !ok {
		return s, 0, false, false
	}
	from, to, ok := strings.Cut(rest, "-")
	first, err := strconv.ParseUint(from, 10, 31)
	if !ok || err != nil {
		return s, 0, false, false
	}
	if to == "*" {
		return name, 0, true, true
	}
	end, err := strconv.ParseUint(to, 10, 31)
	if err != nil || end < first {
		return s, 0, false, false
	}
	return name, int(end) + 1, false, true //nolint:gosec // 31 bits
}
