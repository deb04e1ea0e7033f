package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/natefinch/atomic"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/conn"
	"posthouse/directory/member"
	"posthouse/localqm"
	"posthouse/localqm/mq"
)

// membership is the forest that the queue manager of a data folder belongs to, and
// how its computer account signs in there. It is kept in join.json of the folder, for
// its owner's eyes.
type membership struct {
	Controller string `json:"controller,omitempty"`
	Domain     string `json:"domain,omitempty"`
	CA         string `json:"ca,omitempty"`
	Account    string `json:"account"` // HUB-CPH01$
	Keytab     string `json:"keytab,omitempty"`
	Krb5       string `json:"krb5,omitempty"`
	Password   string `json:"password,omitempty"`
	Site       string `json:"site,omitempty"`
	Routing    *bool  `json:"routing,omitempty"`
}

func joinFile(folder string) string { return filepath.Join(folder, "join.json") }

// belongs reads the membership of a folder; nil: it has none.
func belongs(folder string) (*membership, error) {
	const op = "read which forest the queue manager belongs to"
	raw, err := os.ReadFile(joinFile(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, mq.Errorf(mq.ErrGeneric, op, "%w", err)
	}
	m := &membership{}
	if err := json.Unmarshal(raw, m); err != nil {
		return nil, mq.Errorf(mq.ErrGeneric, op, "%s is damaged: %w", joinFile(folder), err).
			WithFix("move it away and join again")
	}
	return m, nil
}

func (m membership) save(folder string) error {
	raw, err := json.MarshalIndent(m, "", "  ")
	if err == nil { // a new file is for its owner alone; one that is there gives its rights to the next
		err = os.Chmod(joinFile(folder), 0o600)
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = atomic.WriteFile(joinFile(folder), bytes.NewReader(append(raw, '\n')))
	}
	if err != nil {
		return mq.Errorf(mq.ErrMessageStorageFailed, "keep the membership", "%w", err)
	}
	return nil
}

// The times that a directory has at the start, before the queue manager works without
// it: for a controller to answer, of which two may be off, and for all that is read.
const (
	answerTime   = 15 * time.Second
	patienceTime = 30 * time.Second
)

var (
	errNoAnswer = fmt.Errorf("none has answered within %v", answerTime)
	errTooSlow  = fmt.Errorf("the start waits %v and no longer", patienceTime)
)

// dial connects as the computer.
func (m membership) dial(ctx context.Context, log *slog.Logger) (directory.Directory, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTime, errNoAnswer)
	defer cancel()
	o := conn.Options{
		Domain: m.Domain, CA: m.CA, Log: log,
		SignIn: conn.SignIn{Method: conn.Password, User: m.Account, Password: m.Password, Krb5: m.Krb5},
	}
	if m.Controller != "" {
		o.Controllers = []string{m.Controller}
	}
	if m.Keytab != "" {
		o.SignIn.Method, o.SignIn.Keytab = conn.Kerberos, m.Keytab
	}
	c, err := conn.Dial(ctx, o)
	if err != nil {
		return nil, err
	}
	return ldap.New(c), nil
}

// enlist makes a queue manager a member of its forest, before it is connected with
// others. What the directory has against it is no error but its state.
func (m membership) enlist(ctx context.Context, qm *localqm.QueueManager, folder string, as localqm.Caller, adopt bool, log *slog.Logger) (*member.Member, error) {
	in := member.New(member.Options{
		Manager: qm, Dir: folder, As: as, Site: m.Site, Routing: m.Routing, Adopt: adopt, Version: "Posthouse " + Version, Log: log,
		Directory: func(ctx context.Context) (directory.Directory, error) { return m.dial(ctx, log) },
	})
	if err := in.Start(ctx); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}

// enlisted is enlist for a folder that has a membership; nil for one that has none.
func enlisted(ctx context.Context, qm *localqm.QueueManager, folder string, as localqm.Caller, log *slog.Logger) (*member.Member, error) {
	m, err := belongs(folder)
	if m == nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patienceTime, errTooSlow)
	defer cancel()
	return m.enlist(ctx, qm, folder, as, false, log)
}

// Join makes the queue manager of a folder, which must not run, a member of a forest.
func (folderOpener) Join(ctx context.Context, folder, name string, m membership, adopt bool) (state localqm.DirectoryState, err error) {
	err = takeTurns(ctx, serveTime, func() error {
		r, err := start(ctx, folder, name, nil, nil)
		if err != nil {
			return err
		}
		in, err := m.enlist(ctx, r.qm, folder, account("join"), adopt, nil)
		if err == nil {
			state = in.State()
			err = in.Close()
		}
		return errors.Join(err, r.stop(0))
	})
	if err == nil && state.Mode != localqm.Integrated {
		err = mq.Errorf(mq.ErrCannotJoinDomain, "", "%s", state.Why).WithFix("nothing was kept; mend that and join again")
	}
	if err != nil {
		return state, err
	}
	return state, m.save(folder)
}

// Leave ends the membership of a folder's queue manager: it works as a workgroup from
// its next start on. Its objects in the directory stay.
func (folderOpener) Leave(folder string) error {
	err := os.Remove(joinFile(folder))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return mq.Errorf(mq.ErrInvalidParameter, "leave the forest", "this queue manager has not joined any")
	case err != nil:
		return mq.Errorf(mq.ErrGeneric, "leave the forest", "%w", err)
	}
	return nil
}
