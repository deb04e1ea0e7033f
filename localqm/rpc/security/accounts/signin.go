package accounts

import (
	"net/netip"
	"strings"
	"sync"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
)

// SignIn implements ntlm.Accounts. name may have a suffix, alice@hub. Whoever gives
// wrong passwords has to wait longer and longer before the next one counts.
func (s *Store) SignIn(name string, from netip.Addr, proof func(hash [16]byte) bool) (string, secure.Token, error) {
	op := "sign in as " + mq.Quote(name)
	if from.IsValid() {
		op += " from " + from.String()
	}
	f, err := s.current()
	if err != nil {
		return "", secure.Token{}, err
	}
	var e entry
	hash := s.decoy
	short, _, _ := strings.Cut(name, "@")
	if i, ok := f.find(short); ok && f.Accounts[i].Hash != "" {
		e = f.Accounts[i]
		if hash, err = e.hash(); err != nil {
			return "", secure.Token{}, err
		}
	}
	proven, wait := s.guesses.check(guess{e.RID, source(from)}, func() bool { return proof(hash) && e.RID != 0 })
	switch {
	case wait > 0:
		err = mq.Errorf(mq.ErrAccessDenied, op, "too many wrong passwords from there").
			WithFix("wait %v, then try again with the right one", (wait + time.Second - 1).Truncate(time.Second))
	case e.RID == 0:
		err = mq.Errorf(mq.ErrAccessDenied, op, "there is no such account").WithFix("add it, or use another name")
	case !proven:
		err = mq.Errorf(mq.ErrAccessDenied, op, "the password is wrong").WithFix("use the right one, or set a new one")
	case e.Disabled:
		err = mq.Errorf(mq.ErrAccessDenied, op, "the account is disabled").WithFix("enable it, or use another account")
	default:
		a := f.account(e)
		return a.Name, a.Token(), nil
	}
	return "", secure.Token{}, err
}

// Principal finds who a Kerberos principal, user@REALM, is here; false if nobody has
// added it. The error says why it may not sign in.
func (s *Store) Principal(principal string) (Account, bool, error) {
	f, err := s.current()
	if err != nil {
		return Account{}, false, err
	}
	i, ok := f.find(principal)
	if !ok || f.Accounts[i].Hash != "" {
		return Account{}, false, nil
	}
	a := f.account(f.Accounts[i])
	if a.Disabled {
		return a, true, mq.Errorf(mq.ErrAccessDenied, "sign in as "+mq.Quote(principal), "the account is disabled").
			WithFix("enable it, or use another account")
	}
	return a, true, nil
}

// Wrong passwords cost nothing at first; then each doubles the time during which none
// is looked at, for that account from that address only: nobody can lock out somebody
// elsewhere, and nobody is locked out for good.
const (
	freeGuesses = 5
	firstWait   = time.Second
	longestWait = 5 * time.Minute
	calm        = 30 * time.Minute // after which wrong passwords are forgotten
	mostGuesses = 4096             // who is remembered at most
)

// guess is whose password is tried, 0 for all accounts that do not exist, and where
// from.
type guess struct {
	rid  uint32
	from netip.Prefix
}

// source is what counts as one address: of IPv6, the network a customer gets.
func source(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the invalid address has the invalid prefix
	return p
}

type tries struct {
	wrong int
	last  time.Time
	until time.Time
}

// guesses remembers who gave wrong passwords.
type guesses struct {
	mu sync.Mutex
	of map[guess]tries
}

// check asks the proof, one at a time, and returns how long none counts instead.
func (g *guesses) check(who guess, proof func() bool) (proven bool, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	proven = proof() // always, so that time tells nothing
	t := g.of[who]
	if now.Sub(t.last) > calm {
		t = tries{}
	}
	if wait = t.until.Sub(now); wait > 0 {
		return false, wait
	}
	if proven {
		delete(g.of, who)
		return true, 0
	}
	t.wrong++
	t.last = now
	if over := t.wrong - freeGuesses; over >= 0 {
		t.until = now.Add(min(firstWait<<min(over, 16), longestWait))
	}
	g.remember(who, t, now)
	return false, 0
}

func (g *guesses) remember(who guess, t tries, now time.Time) {
	if _, known := g.of[who]; !known && len(g.of) >= mostGuesses {
		oldest, at := guess{}, now.Add(1)
		for k, v := range g.of {
			if v.last.Before(at) {
				oldest, at = k, v.last
			}
		}
		delete(g.of, oldest)
	}
	if g.of == nil {
		g.of = map[guess]tries{}
	}
	g.of[who] = t
}
