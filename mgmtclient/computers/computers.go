// Package computers keeps the other computers of a console: names, addresses and how
// to sign in, in a file of the data folder; passwords in the keyring of the system.
package computers

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/natefinch/atomic"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Line reaches computers.
type Line interface {
	Dial(ctx context.Context, c mgmtclient.Computer, password string) (mgmtclient.Node, error)
	Probe(ctx context.Context, c mgmtclient.Computer, password string, report func(mgmtclient.Probe)) error
}

// Book is the mgmtclient.Computers of a data folder. Others may change the file
// meanwhile: each call reads it anew.
type Book struct {
	file string
	line Line
	keys *Keys
	mu   sync.Mutex // of changes
}

// New is the book of a data folder.
func New(folder string, line Line) *Book {
	return &Book{file: filepath.Join(folder, "computers.json"), line: line, keys: NewKeys()}
}

// List is in the order of the names.
func (b *Book) List(context.Context) ([]mgmtclient.Computer, error) {
	raw, err := os.ReadFile(b.file)
	if errors.Is(err, fs.ErrNotExist) {
		return []mgmtclient.Computer{}, nil
	}
	if err != nil {
		return nil, failed("read the list of computers", err)
	}
	list := []mgmtclient.Computer{}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, mq.Errorf(mq.ErrGeneric, "read the list of computers", "%s is damaged: %w", b.file, err).
			WithFix("mend it, or move it away and add the computers again")
	}
	slices.SortFunc(list, func(x, y mgmtclient.Computer) int {
		return strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name))
	})
	return list, nil
}

// Find is the computer with an ID or a name.
func (b *Book) Find(ctx context.Context, id string) (mgmtclient.Computer, bool, error) {
	list, err := b.List(ctx)
	i := slices.IndexFunc(list, func(c mgmtclient.Computer) bool { return c.ID == id })
	if i < 0 {
		i = slices.IndexFunc(list, func(c mgmtclient.Computer) bool { return strings.EqualFold(c.Name, id) })
	}
	if i < 0 || err != nil {
		return mgmtclient.Computer{}, false, err
	}
	return list[i], true, nil
}

// Save is mgmtclient.Computers'.
func (b *Book) Save(ctx context.Context, c mgmtclient.Computer, password *string) (mgmtclient.Computer, error) {
	c.Name, c.Address, c.User = strings.TrimSpace(c.Name), strings.TrimSpace(c.Address), strings.TrimSpace(c.User)
	op := "save the computer " + mq.Quote(c.Name)
	if err := Check(c); err != nil {
		return c, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	list, err := b.List(ctx)
	if err != nil {
		return c, err
	}
	if slices.ContainsFunc(list, func(o mgmtclient.Computer) bool { return o.ID != c.ID && strings.EqualFold(o.Name, c.Name) }) {
		return c, mq.Errorf(mq.ErrInvalidParameter, op, "there is another computer of this name").WithFix("choose another name")
	}
	i := slices.IndexFunc(list, func(o mgmtclient.Computer) bool { return o.ID == c.ID })
	switch {
	case c.ID == "":
		c.ID = rand.Text()
		list = append(list, c)
	case i < 0:
		return c, mq.Errorf(mq.ErrInvalidParameter, op, "it was removed meanwhile").WithFix("add it again")
	default:
		list[i] = c
	}
	// The password first: a computer that cannot sign in helps nobody.
	if password != nil {
		if err := b.keys.Set(c.ID, *password); err != nil {
			return c, failed(op, err)
		}
	}
	return c, b.write(op, list)
}

// Remove is mgmtclient.Computers'.
func (b *Book) Remove(ctx context.Context, id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	list, err := b.List(ctx)
	if err != nil {
		return err
	}
	if err := b.keys.Set(id, ""); err != nil {
		return failed("forget the password", err)
	}
	return b.write("remove the computer", slices.DeleteFunc(list, func(c mgmtclient.Computer) bool { return c.ID == id }))
}

// Test is mgmtclient.Computers'.
func (b *Book) Test(ctx context.Context, c mgmtclient.Computer, password *string, report func(mgmtclient.Probe)) error {
	c.Name, c.Address, c.User = strings.TrimSpace(c.Name), strings.TrimSpace(c.Address), strings.TrimSpace(c.User)
	if err := Check(c); err != nil {
		return err
	}
	if password == nil {
		kept, err := b.Password(c)
		if err != nil {
			return err
		}
		password = &kept
	}
	return b.line.Probe(ctx, c, *password, report)
}

// Connect is mgmtclient.Computers'.
func (b *Book) Connect(ctx context.Context, id string) (mgmtclient.Node, error) {
	c, ok, err := b.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, mq.Errorf(mq.ErrInvalidParameter, "connect", "the computer was removed meanwhile").WithFix("add it again")
	}
	password, err := b.Password(c)
	if err != nil {
		return nil, err
	}
	return b.line.Dial(ctx, c, password)
}

// Password is the one that is kept for a computer; empty if it signs in without.
func (b *Book) Password(c mgmtclient.Computer) (string, error) {
	if c.SignIn != mgmtclient.SignInPassword {
		return "", nil
	}
	password, err := b.keys.Get(c.ID)
	if err != nil {
		return "", failed("sign in to "+c.Host(), err)
	}
	if password == "" {
		return "", &mq.Error{
			Code: mq.ErrAccessDenied, Op: "sign in to " + c.Host(), Why: "no password is kept for " + c.User, Fix: "enter it again",
			Err: mgmtclient.ErrNoPassword,
		}
	}
	return password, nil
}

// Keeper is mgmtclient.Computers'.
func (b *Book) Keeper() (string, bool) { return b.keys.Keeper() }

func (b *Book) write(op string, list []mgmtclient.Computer) error {
	raw, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return failed(op, err)
	}
	if err := os.MkdirAll(filepath.Dir(b.file), 0o700); err != nil {
		return failed(op, err)
	}
	if err := atomic.WriteFile(b.file, bytes.NewReader(append(raw, '\n'))); err != nil {
		return failed(op, err)
	}
	return nil
}

func failed(op string, err error) error {
	return mq.Errorf(mq.ErrGeneric, op, "%w", err).WithFix("check the rights of the data folder, and that the keyring is unlocked")
}
