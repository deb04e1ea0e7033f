package forest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/natefinch/atomic"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// File is where the sign-in is, in the data folder.
const File = "directory.json"

// key is what the password is found under in the keyring, which all data folders of a
// user share: each may belong to another forest.
func (f *Forest) key() string {
	folder := f.o.Folder
	if whole, err := filepath.Abs(folder); err == nil {
		folder = whole
	}
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real
	}
	return "directory of " + folder
}

// SignIn is mgmtclient.Directory's.
func (f *Forest) SignIn(context.Context) (mgmtclient.DirectorySignIn, error) { return f.load() }

// load reads the file, once.
func (f *Forest) load() (mgmtclient.DirectorySignIn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.loaded || f.o.Folder == "" {
		return f.signIn, nil
	}
	var s mgmtclient.DirectorySignIn
	name := filepath.Join(f.o.Folder, File)
	raw, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, kept("read which directory was chosen", err)
	}
	if err == nil {
		if err := json.Unmarshal(raw, &s); err != nil {
			return s, mq.Errorf(mq.ErrGeneric, "read which directory was chosen", "%s is damaged: %w", name, err).
				WithFix("mend it, or move it away and choose the directory again")
		}
	}
	f.signIn, f.loaded = s, true
	return s, nil
}

// Choose is mgmtclient.Directory's. A zero sign-in forgets the directory.
func (f *Forest) Choose(ctx context.Context, s mgmtclient.DirectorySignIn, password *string) error {
	s = tidy(s)
	none := s == (mgmtclient.DirectorySignIn{})
	if !none {
		if err := Check(s); err != nil {
			return err
		}
	}
	unlock, err := f.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := f.load(); err != nil {
		return err
	}
	if f.o.Folder != "" { // the password's key is its name
		if err := os.MkdirAll(f.o.Folder, 0o700); err != nil {
			return kept("keep which directory was chosen", err)
		}
	}
	// The password first: a sign-in without it helps nobody.
	if none || password != nil {
		secret := ""
		if password != nil && !none {
			secret = *password
		}
		if err := f.o.Keys.Set(f.key(), secret); err != nil {
			return kept("keep the password of the directory", err)
		}
	}
	if err := f.keep(s); err != nil {
		return err
	}
	f.mu.Lock()
	f.signIn, f.loaded = s, true
	f.mu.Unlock()
	_ = f.drop() // what was there before
	f.changed()
	return nil
}

func (f *Forest) keep(s mgmtclient.DirectorySignIn) error {
	const op = "keep which directory was chosen"
	if f.o.Folder == "" {
		return nil
	}
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return kept(op, err)
	}
	name := filepath.Join(f.o.Folder, File)
	if err := atomic.WriteFile(name, bytes.NewReader(append(raw, '\n'))); err != nil {
		return kept(op, err)
	}
	if err := os.Chmod(name, 0o600); err != nil { // atomic.WriteFile keeps the rights of a file that was there
		return kept(op, err)
	}
	return nil
}

// password is the one that is kept; empty if there is none to give.
func (f *Forest) password(s mgmtclient.DirectorySignIn) (string, error) {
	if s.SignIn != mgmtclient.SignInPassword {
		return "", nil
	}
	op := "sign in to the directory as " + s.User
	p, err := f.o.Keys.Get(f.key())
	if err != nil {
		return "", kept(op, err)
	}
	if p == "" {
		return "", &mq.Error{Code: mq.ErrAccessDenied, Op: op, Why: "no password is kept", Fix: "enter it again", Err: mgmtclient.ErrNoPassword}
	}
	return p, nil
}

// Keeper is mgmtclient.Directory's.
func (f *Forest) Keeper() (string, bool) { return f.o.Keys.Keeper() }

// Test is mgmtclient.Directory's.
func (f *Forest) Test(ctx context.Context, s mgmtclient.DirectorySignIn, password *string, report func(mgmtclient.Probe)) error {
	s = tidy(s)
	if err := Check(s); err != nil {
		return err
	}
	secret := ""
	switch {
	case password != nil:
		secret = *password
	case s.SignIn == mgmtclient.SignInPassword:
		kept, err := f.password(s)
		if err != nil {
			return err
		}
		secret = kept
	}
	d, err := f.o.Dial(ctx, s, secret, report)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return f.probe(ctx, d, report)
}

func tidy(s mgmtclient.DirectorySignIn) mgmtclient.DirectorySignIn {
	for _, p := range []*string{&s.Controller, &s.Domain, &s.CA, &s.User} {
		*p = strings.TrimSpace(*p)
	}
	return s
}

// Check tells what is wrong with what a person wrote.
func Check(s mgmtclient.DirectorySignIn) error {
	wrong := func(why, fix string) error {
		return &mq.Error{Code: mq.ErrInvalidParameter, Op: "use the directory", Why: why, Fix: fix}
	}
	switch {
	case s.Controller == "" && s.Domain == "":
		return wrong("neither a domain controller nor a domain is named", "write the DNS name of the domain, or the name of a controller")
	case strings.ContainsAny(s.Domain, "/\\ \t\"':"):
		return wrong(mq.Quote(s.Domain)+" is no domain", "write its DNS name, such as nordhavn.example")
	}
	if s.Controller != "" {
		address := s.Controller
		if !strings.Contains(address, "://") {
			address = "ldap://" + address
		}
		u, err := url.Parse(address)
		if err != nil || u.Hostname() == "" || (u.Scheme != "ldap" && u.Scheme != "ldaps") || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			return wrong(mq.Quote(s.Controller)+" is no domain controller", "write its name, ldap://NAME[:PORT] or ldaps://NAME[:PORT]")
		}
	}
	switch s.SignIn {
	case mgmtclient.SignInPassword:
		if s.User == "" {
			return wrong("signing in with a password needs a user", `write DOMAIN\NAME or NAME@DOMAIN`)
		}
	case mgmtclient.SignInKerberos:
	default:
		return wrong(mq.Quote(string(s.SignIn))+" is no way to sign in to a directory", "use password or kerberos")
	}
	return nil
}

func kept(op string, err error) error {
	return mq.Errorf(mq.ErrGeneric, op, "%w", err).WithFix("check the rights of the data folder, and that the keyring is unlocked")
}
