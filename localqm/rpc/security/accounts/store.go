package accounts

import (
	"cmp"
	"crypto/rand"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security/ntlm"
	"posthouse/localqm/secure"
)

// Account is one who may sign in.
type Account struct {
	Name          string // alice, or the principal alice@EXAMPLE.COM
	SID           secure.SID
	Principal     bool // signs in with Kerberos, has no password here
	Administrator bool
	Disabled      bool
	Changed       time.Time // when the password was set, or the principal added
}

// Token is on whose behalf an account acts.
func (a Account) Token() secure.Token {
	t := secure.Token{User: a.SID, Groups: []secure.SID{secure.AuthenticatedUsers}}
	if a.Administrator {
		t.Groups = append(t.Groups, secure.Administrators)
	}
	return t
}

// Store is the accounts of one data folder. It may be used by many goroutines.
type Store struct {
	dir     string
	decoy   ntlm.Hash // of accounts that do not exist
	guesses guesses

	mu      sync.Mutex
	seen    fs.FileInfo // of what was read; nil: there was no file
	settled bool        // a change after the reading has another time for sure
	file    file
}

// Open reads the accounts of a data folder; without a file there are none. A file that
// others than its owner can read is refused (on Windows the folder's permissions hold).
func Open(dir string) (*Store, error) {
	s := &Store{dir: dir}
	_, _ = rand.Read(s.decoy[:]) // never fails
	if _, err := s.current(); err != nil {
		return nil, err
	}
	return s, nil
}

// clockTick is more than the clock of any file system ticks.
const clockTick = 3 * time.Second

func (s *Store) path() string { return filepath.Join(s.dir, fileName) }

// current is the content of the file, read anew if somebody has changed it.
func (s *Store) current() (file, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := os.Lstat(s.path())
	if err == nil && s.seen != nil && s.settled && os.SameFile(info, s.seen) && info.ModTime().Equal(s.seen.ModTime()) &&
		info.Size() == s.seen.Size() && info.Mode() == s.seen.Mode() {
		return s.file, nil
	}
	s.file, s.seen, err = read(s.path())
	s.settled = s.seen != nil && time.Since(s.seen.ModTime()) > clockTick
	return s.file, err
}

// List returns the accounts by name.
func (s *Store) List() ([]Account, error) {
	f, err := s.current()
	if err != nil {
		return nil, err
	}
	out := make([]Account, 0, len(f.Accounts))
	for _, e := range f.Accounts {
		out = append(out, f.account(e))
	}
	slices.SortFunc(out, func(a, b Account) int {
		return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return out, nil
}

// Add makes an account with a password. Names are those of Windows accounts: 1 to 20
// characters, in any case.
func (s *Store) Add(name, password string, administrator bool) (Account, error) {
	op := "add account " + mq.Quote(name)
	if err := checkName(op, name); err != nil {
		return Account{}, err
	}
	if err := checkPassword(op, password); err != nil {
		return Account{}, err
	}
	return s.add(op, entry{Name: name, Hash: hashText(ntlm.HashOf(password)), Administrator: administrator})
}

// AddPrincipal lets a Kerberos principal, user@REALM, sign in.
func (s *Store) AddPrincipal(principal string, administrator bool) (Account, error) {
	op := "add principal " + mq.Quote(principal)
	if err := checkPrincipal(op, principal); err != nil {
		return Account{}, err
	}
	return s.add(op, entry{Name: principal, Administrator: administrator})
}

func (s *Store) add(op string, e entry) (added Account, err error) {
	err = s.change(op, func(f *file) error {
		if _, ok := f.find(e.Name); ok {
			return mq.Errorf(mq.ErrInvalidParameter, op, "there is one of that name").
				WithFix("choose another name, or set the password of that one")
		}
		e.RID, e.Changed = f.Next, time.Now().UTC().Truncate(time.Second)
		f.Next++
		f.Accounts = append(f.Accounts, e)
		added = f.account(e)
		return nil
	})
	return added, err
}

// SetPassword gives an account another password. Who is signed in stays so.
func (s *Store) SetPassword(name, password string) error {
	op := "set the password of " + mq.Quote(name)
	if err := checkPassword(op, password); err != nil {
		return err
	}
	return s.edit(op, name, func(e *entry) error {
		if e.Hash == "" {
			return mq.Errorf(mq.ErrInvalidParameter, op, "it is a Kerberos principal, whose password the realm has").
				WithFix("change it there, for instance with kpasswd")
		}
		e.Hash, e.Changed = hashText(ntlm.HashOf(password)), time.Now().UTC().Truncate(time.Second)
		return nil
	})
}

// SetAdministrator makes an account an administrator, or no longer one.
func (s *Store) SetAdministrator(name string, yes bool) error {
	return s.edit("change account "+mq.Quote(name), name, func(e *entry) error { e.Administrator = yes; return nil })
}

// SetDisabled keeps an account from signing in, or lets it again. Who is signed in
// stays so.
func (s *Store) SetDisabled(name string, yes bool) error {
	return s.edit("change account "+mq.Quote(name), name, func(e *entry) error { e.Disabled = yes; return nil })
}

// Remove forgets an account. Its SID is never given to another.
func (s *Store) Remove(name string) error {
	op := "remove account " + mq.Quote(name)
	return s.change(op, func(f *file) error {
		i, ok := f.find(name)
		if !ok {
			return missing(op)
		}
		f.Accounts = slices.Delete(f.Accounts, i, i+1)
		return nil
	})
}

func (s *Store) edit(op, name string, change func(*entry) error) error {
	return s.change(op, func(f *file) error {
		i, ok := f.find(name)
		if !ok {
			return missing(op)
		}
		return change(&f.Accounts[i])
	})
}

func missing(op string) *mq.Error {
	return mq.Errorf(mq.ErrInvalidParameter, op, "there is no such account").WithFix("list the accounts, and check the name")
}

// change applies a change to what is in the file now, and to the file as a whole.
func (s *Store) change(op string, apply func(*file) error) error {
	unlock, err := lock(op, s.dir)
	if err != nil {
		return err
	}
	defer unlock()
	f, err := s.current()
	if err != nil {
		return err
	}
	if f, err = f.clone(); err != nil {
		return err
	}
	if err = apply(&f); err != nil {
		return err
	}
	if err = write(s.dir, f); err != nil {
		return mq.Errorf(mq.ErrMessageStorageFailed, op, "the file of accounts could not be written: %w", err).
			WithFix("look at the disk and the permissions of %s", s.dir)
	}
	return nil
}
