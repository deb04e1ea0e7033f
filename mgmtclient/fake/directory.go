package fake

import (
	"context"
	"crypto/sha256"
	"strings"
	"sync"
	"time"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/memory"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/forest"
)

// DirectoryOptions are of NewDirectory.
type DirectoryOptions struct {
	// As is who is signed in: Administrator, or anna, who may read and little else.
	As string
	// Unchosen: no directory was chosen yet. Choose one with the domain nordhavn.example
	// and one of the users above, whose password is "letmein".
	Unchosen bool
	Now      func() time.Time // nil: the time of the pictures, standing still
	Notify   func(ctx context.Context, c forest.Change)
}

// Directory is the forest nordhavn.example, in memory: a real mgmtclient.Directory over
// a directory that refuses what a domain controller refuses.
type Directory struct {
	*forest.Forest
	controller *memory.Directory
}

// Password is that of everybody in the forest.
const Password = "letmein"

// NewDirectory makes the forest of the pictures. Identifiers are the same each time.
func NewDirectory(o DirectoryOptions) *Directory {
	if o.As == "" {
		o.As = "Administrator"
	}
	if o.Now == nil {
		o.Now = NewClock(Now).Now
	}
	d := &Directory{controller: sampleForest(o.Now)}
	d.Forest = forest.New(forest.Options{Dial: d.dial, Keys: &keys{kept: map[string]string{}}, Notify: o.Notify, Now: o.Now})
	if !o.Unchosen {
		password := Password
		s := mgmtclient.DirectorySignIn{Domain: sampleDomain, SignIn: mgmtclient.SignInPassword, User: `NORDHAVN\` + o.As}
		if err := d.Choose(context.Background(), s, &password); err != nil {
			panic(err)
		}
		if _, err := d.Routes(context.Background(), false); err != nil {
			panic(err)
		}
	}
	return d
}

// Stop has the controller answer nobody until Start.
func (d *Directory) Stop() { d.controller.Stop() }

// Start is the end of Stop.
func (d *Directory) Start() { d.controller.Start() }

// dial signs in at the controller in memory.
func (d *Directory) dial(ctx context.Context, s mgmtclient.DirectorySignIn, password string, report func(mgmtclient.Probe)) (directory.Directory, error) {
	if report == nil {
		report = func(mgmtclient.Probe) {}
	}
	failed := func(l mgmtclient.Layer, code mq.HResult, why, fix string) (directory.Directory, error) {
		report(mgmtclient.Probe{Layer: l, Text: why, Fix: fix})
		return nil, &mq.Error{Code: code, Op: "connect to the directory", Why: why, Fix: fix}
	}
	host := s.Controller
	if _, after, ok := strings.Cut(host, "://"); ok {
		host = after
	}
	if s.Domain != "" && !strings.EqualFold(s.Domain, sampleDomain) || host != "" && !strings.EqualFold(host, sampleController) {
		return failed(mgmtclient.LayerName, mq.ErrNoDS, "nobody knows "+mq.Quote(s.Domain+host), "check the name")
	}
	report(mgmtclient.Probe{Layer: mgmtclient.LayerName, OK: true, Text: sampleController})
	report(mgmtclient.Probe{Layer: mgmtclient.LayerPort, OK: true, Text: "it answers at 10.20.0.10:389"})
	user := s.User
	if s.SignIn == mgmtclient.SignInKerberos {
		user = "anna"
	}
	user = user[strings.LastIndexByte(user, '\\')+1:]
	user, _, _ = strings.Cut(user, "@")
	var ops ldap.Operations
	var err error
	if strings.EqualFold(user, "Administrator") {
		ops = d.controller.Administrator()
	} else {
		ops, err = d.controller.SignIn(user)
	}
	if err != nil || s.SignIn == mgmtclient.SignInPassword && password != Password {
		return failed(mgmtclient.LayerSignIn, mq.ErrAccessDenied, "the user name or the password is wrong", "sign in again")
	}
	if _, err := ops.Root(ctx); err != nil {
		return nil, err
	}
	report(mgmtclient.Probe{Layer: mgmtclient.LayerSignIn, OK: true, Text: "signed in as " + ops.Status().As})
	return ldap.New(ops), nil
}

// keys is a keyring in memory.
type keys struct {
	mu   sync.Mutex
	kept map[string]string
}

func (k *keys) Get(id string) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kept[id], nil
}

func (k *keys) Set(id, password string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept[id] = password; password == "" {
		delete(k.kept, id)
	}
	return nil
}

func (k *keys) Keeper() (string, bool) { return "the keyring of this desktop", true }

// identifier makes a GUID out of a distinguished name, the same every time.
func identifier(dn string) mq.GUID {
	if id, ok := sampleIdentifiers[dn]; ok {
		return id
	}
	if computer, ok := strings.CutPrefix(dn, "CN=msmq,CN="); ok {
		computer, _, _ = strings.Cut(computer, ",")
		return guidOf(computer) // that of the Node of this name
	}
	h := sha256.Sum256([]byte(dn))
	g := mq.GUID(h[:16])
	g[7], g[8] = g[7]&0x0f|0x40, g[8]&0x3f|0x80
	return g
}
