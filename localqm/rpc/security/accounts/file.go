package accounts

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security/ntlm"
	"posthouse/localqm/secure"
)

// The files in the data folder.
const (
	fileName = "accounts.json"
	newName  = "accounts.new" // until it is whole
	lockName = "accounts.lock"

	fileVersion = 1
	maxFile     = 16 << 20
	firstRID    = 1000 // those below are Windows' own (MS-DTYP 2.4.2.4)

	lockPatience = 5 * time.Second
)

// file is what the file holds.
type file struct {
	Version  int       `json:"version"`
	Domain   [3]uint32 `json:"domain"` // SIDs are S-1-5-21-domain-rid; drawn once, with the file
	Next     uint32    `json:"next"`   // RID of the next account: none is used twice
	Accounts []entry   `json:"accounts"`
}

type entry struct {
	Name          string    `json:"name"`
	RID           uint32    `json:"rid"`
	Hash          string    `json:"hash,omitempty"` // NT hash in hexadecimal; none: a Kerberos principal
	Administrator bool      `json:"administrator,omitempty"`
	Disabled      bool      `json:"disabled,omitempty"`
	Changed       time.Time `json:"changed"`
}

func hashText(h ntlm.Hash) string { return hex.EncodeToString(h[:]) }

func (e entry) hash() (h ntlm.Hash, err error) {
	n, err := hex.Decode(h[:], []byte(e.Hash[:min(len(e.Hash), 2*len(h))]))
	if err == nil && (n != len(h) || len(e.Hash) != 2*len(h)) {
		err = errors.New("a hash has 32 digits")
	}
	return h, err
}

func (f file) account(e entry) Account {
	sid, _ := secure.NewSID(5, 21, f.Domain[0], f.Domain[1], f.Domain[2], e.RID) // five numbers are always fine
	return Account{
		Name: e.Name, SID: sid, Principal: e.Hash == "",
		Administrator: e.Administrator, Disabled: e.Disabled, Changed: e.Changed,
	}
}

// find looks for a name, in any case.
func (f file) find(name string) (int, bool) {
	i := slices.IndexFunc(f.Accounts, func(e entry) bool { return strings.EqualFold(e.Name, name) })
	return i, i >= 0
}

// clone is a copy to change. An empty one becomes a domain of its own.
func (f file) clone() (file, error) {
	f.Accounts = slices.Clone(f.Accounts)
	if f.Version == 0 {
		var b [12]byte
		if _, err := rand.Read(b[:]); err != nil {
			return f, err
		}
		f.Version, f.Next = fileVersion, firstRID
		for i := range f.Domain {
			f.Domain[i] = binary.LittleEndian.Uint32(b[4*i:])
		}
	}
	return f, nil
}

func (f file) check() error {
	if f.Version != fileVersion {
		return fmt.Errorf("its version is %d, this program knows %d", f.Version, fileVersion)
	}
	names, rids := map[string]bool{}, map[uint32]bool{}
	for _, e := range f.Accounts {
		name := strings.ToLower(e.Name)
		if names[name] || rids[e.RID] {
			return fmt.Errorf("account %q is there twice, or another has its number", e.Name)
		}
		names[name], rids[e.RID] = true, true
		if e.RID < firstRID || e.RID >= f.Next {
			return fmt.Errorf("account %q has number %d, not one from %d below %d", e.Name, e.RID, firstRID, f.Next)
		}
		if e.Hash == "" {
			if err := checkPrincipal("", e.Name); err != nil {
				return fmt.Errorf("account %q has neither a password nor a realm", e.Name)
			}
			continue
		}
		if err := checkName("", e.Name); err != nil {
			return fmt.Errorf("%q is no name", e.Name)
		}
		if _, err := e.hash(); err != nil {
			return fmt.Errorf("the hash of account %q is damaged", e.Name)
		}
	}
	return nil
}

// read reads the file. Nothing is taken from one that is damaged or open to others.
func read(path string) (file, fs.FileInfo, error) {
	const op = "read the accounts"
	r, err := openOwn(path)
	if errors.Is(err, fs.ErrNotExist) {
		return file{}, nil, nil
	}
	if err != nil {
		return file{}, nil, mq.Errorf(mq.ErrMessageStorageFailed, op, "%w", err).WithFix("look at the permissions of %s", path)
	}
	defer func() { _ = r.Close() }() // only read
	info, err := r.Stat()
	if err == nil && exposed(info) {
		return file{}, nil, mq.Errorf(mq.ErrAccessDenied, op, "others can get at %s (%v), and what is in it is as good as the passwords", path, info.Mode().Perm()).
			WithFix("chmod 600 %s, then set the passwords anew if others may have read it", path)
	}
	var raw []byte
	if err == nil {
		raw, err = io.ReadAll(io.LimitReader(r, maxFile+1))
	}
	if err != nil {
		return file{}, nil, mq.Errorf(mq.ErrMessageStorageFailed, op, "%w", err).WithFix("look at the disk")
	}
	var f file
	if len(raw) > maxFile {
		err = errors.New("it is too long")
	} else if err = json.Unmarshal(raw, &f); err == nil {
		err = f.check()
	}
	if err != nil {
		return file{}, nil, mq.Errorf(mq.ErrCorruptedSecurityData, op, "%s is damaged: %w", path, err).
			WithFix("restore it, or remove it and add the accounts anew")
	}
	return f, info, nil
}

// write replaces the file: whoever reads it finds the old one or the new one, whole.
func write(dir string, f file) error {
	raw, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	name := filepath.Join(dir, newName)
	if err = os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) { // of one who did not get to the end
		return err
	}
	w, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = w.Write(append(raw, '\n'))
	if err == nil {
		err = w.Sync()
	}
	if err = errors.Join(err, w.Close()); err == nil {
		err = replace(name, filepath.Join(dir, fileName))
	}
	if err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return syncFolder(dir)
}

// errLocked is what tryLock answers when somebody else holds the lock.
var errLocked = errors.New("locked")

// lock lets one process at a time change the accounts of a folder; it goes with the
// process.
func lock(op, dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			err = tryLock(f)
			if !errors.Is(err, errLocked) || time.Since(begin) > lockPatience {
				break
			}
		}
		if err == nil {
			return func() { _ = f.Close() }, nil // which unlocks
		}
		_ = f.Close() // not ours
	}
	if errors.Is(err, errLocked) {
		return nil, mq.Errorf(mq.ErrSharingViolation, op, "somebody else is changing the accounts").WithFix("try again when that is done")
	}
	return nil, mq.Errorf(mq.ErrMessageStorageFailed, op, "the accounts could not be locked: %w", err).
		WithFix("look at the permissions of %s", dir)
}
