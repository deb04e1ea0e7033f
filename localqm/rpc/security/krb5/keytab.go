package krb5

import (
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oiweiwei/gokrb5.fork/v9/keytab"
	"github.com/oiweiwei/gokrb5.fork/v9/messages"

	"posthouse/localqm/mq"
)

// keys is a keytab, which may be changed by others while it is used.
type keys struct {
	path string
	log  *slog.Logger

	mu      sync.Mutex
	seen    fs.FileInfo
	settled bool // a change after the reading has another time for sure
	table   *keytab.Keytab
}

// clockTick is more than the clock of any file system ticks.
const clockTick = 3 * time.Second

func openKeys(path string, log *slog.Logger) (*keys, error) {
	k := &keys{path: path, log: log}
	if err := k.read(); err != nil {
		return nil, err
	}
	return k, nil
}

// read reads the file; an error leaves the keys that there are.
func (k *keys) read() (err error) {
	what := "read the Kerberos keys in " + k.path
	info, err := os.Stat(k.path)
	if err != nil {
		return mq.Errorf(mq.ErrInvalidParameter, what, "%w", err).
			WithFix("make a keytab for host/NAME@REALM of this computer, and let this user read it")
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o007 != 0 {
		return mq.Errorf(mq.ErrInvalidParameter, what, "everybody on this computer can get at it (mode %v)", info.Mode().Perm()).
			WithFix("chmod 600 %s; if others may have read it, change the keys, too", k.path)
	}
	damaged := mq.Errorf(mq.ErrInvalidParameter, what, "it is no keytab, or a damaged one").
		WithFix("look at it with klist -k, or make it anew")
	defer func() {
		if recover() != nil { // the library trusts its lengths
			err = damaged
		}
	}()
	table, err := keytab.Load(k.path)
	if err != nil {
		damaged.Err = err
		return damaged
	}
	if len(table.Entries) == 0 {
		return mq.Errorf(mq.ErrInvalidParameter, what, "there are none").WithFix("add keys for host/NAME@REALM of this computer")
	}
	k.table, k.seen = table, info
	k.settled = time.Since(info.ModTime()) > clockTick
	return nil
}

// current is the content of the file, read anew if somebody has changed it. While that
// fails, the old keys hold.
func (k *keys) current() *keytab.Keytab {
	k.mu.Lock()
	defer k.mu.Unlock()
	info, err := os.Stat(k.path)
	if err == nil && k.settled && os.SameFile(info, k.seen) && info.ModTime().Equal(k.seen.ModTime()) &&
		info.Size() == k.seen.Size() && info.Mode() == k.seen.Mode() {
		return k.table
	}
	if err := k.read(); err != nil {
		k.log.Warn("the keytab cannot be read; the keys from before hold", "why", err)
	}
	return k.table
}

// find returns a keytab of the one key that opens a ticket, under the name that the
// ticket has: names are the same in any case, as clients write them (MS-KILE 3.1.5.11).
func (k *keys) find(t *messages.Ticket) (*keytab.Keytab, error) {
	var named, versions []uint32
	for _, e := range k.current().Entries {
		if e.Principal.Realm != t.Realm || !slices.EqualFunc(e.Principal.Components, t.SName.NameString, strings.EqualFold) {
			continue
		}
		named = append(named, e.KVNO)
		if e.Key.KeyType != t.EncPart.EType {
			continue
		}
		versions = append(versions, e.KVNO)
		if t.Decrypt(e.Key) == nil {
			e.Principal.Components, e.KVNO = t.SName.NameString, uint32(t.EncPart.KVNO) //nolint:gosec // a number of 32 bits
			return &keytab.Keytab{Version: 2, Entries: []keytab.Entry{e}}, nil
		}
	}
	name, _ := printable(t.SName, t.Realm)
	switch {
	case named == nil:
		return nil, refused("the ticket is for %s, which is not in the keytab %s", mq.Quote(name), k.path).
			WithFix("add the key of that name to the keytab, or have clients use the name that is there")
	case versions == nil:
		return nil, refused("the ticket for %s is encrypted with type %d, for which the keytab has no key", mq.Quote(name), t.EncPart.EType).
			WithFix("make the keytab anew, with AES keys")
	}
	return nil, refused("the ticket for %s, of key version %d, does not open with the keys of the keytab (versions %d)", mq.Quote(name), t.EncPart.KVNO, versions).
		WithFix("make the keytab anew: the key has changed in the domain; clients then need new tickets")
}
