package mgmtclient

import (
	"context"
	"errors"
	"time"
)

// Computer is a queue manager elsewhere, as the console remembers it.
type Computer struct {
	ID      string `json:"id"`                // given when it is saved first
	Name    string `json:"name"`              // what the person calls it
	Address string `json:"address,omitempty"` // HOST[:PORT]; empty: Name
	SignIn  SignIn `json:"signIn"`
	User    string `json:"user,omitempty"` // [DOMAIN\]NAME, of SignInPassword
	// CancelAfter is how long beyond its own time a call may take until it is given up;
	// 0: 5 minutes.
	CancelAfter time.Duration `json:"cancelAfter,omitempty"`
}

// Host is where a computer is reached: HOST[:PORT].
func (c Computer) Host() string {
	if c.Address != "" {
		return c.Address
	}
	return c.Name
}

// SignIn is how the console says who it is.
type SignIn string

// The ways to sign in.
const (
	SignInPassword  SignIn = "password"  // NTLM
	SignInKerberos  SignIn = "kerberos"  // the tickets of this user
	SignInAnonymous SignIn = "anonymous" // not at all
)

// ErrNoPassword is the cause when a password is neither given nor kept: nobody was
// asked.
var ErrNoPassword = errors.New("no password is kept")

// Layer is a step on the way to a computer; each needs those before it.
type Layer string

// The layers, in order.
const (
	LayerName    Layer = "name"    // its name has an address
	LayerPort    Layer = "port"    // something answers at the port, and where the interfaces are
	LayerSignIn  Layer = "signIn"  // it accepts who we are, both ways
	LayerManager Layer = "manager" // a queue manager answers, and what it offers
	LayerRights  Layer = "rights"  // we may manage it
)

// Layers lists them.
var Layers = []Layer{LayerName, LayerPort, LayerSignIn, LayerManager, LayerRights}

// Probe is what became of one layer of a test.
type Probe struct {
	Layer Layer         `json:"layer"`
	OK    bool          `json:"ok"`
	Text  string        `json:"text"`          // what was found, or what failed and why
	Fix   string        `json:"fix,omitempty"` // what to do
	Took  time.Duration `json:"took"`
}

// Computers are the other computers of a console. All methods may be called from
// many goroutines.
type Computers interface {
	List(ctx context.Context) ([]Computer, error)
	// Save adds a computer (no ID) or changes one. A nil password leaves the one
	// that is kept; "" forgets it.
	Save(ctx context.Context, c Computer, password *string) (Computer, error)
	// Remove forgets a computer and its password.
	Remove(ctx context.Context, id string) error
	// Test tries to reach a computer and reports layer by layer, up to the first that
	// fails. A nil password is the one that is kept for c.ID.
	Test(ctx context.Context, c Computer, password *string, report func(Probe)) error
	// Connect signs in. The node connects anew by itself after a broken line.
	Connect(ctx context.Context, id string) (Node, error)
	// Keeper is where passwords are kept, in words ("the keyring of this
	// desktop"), or why they are not, with ok false: then they last as long as the
	// program runs.
	Keeper() (words string, ok bool)
}
