package screen

import (
	"context"
	"errors"
	"io"
	"time"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
)

// Host is the window as its screens and dialogs see it. All methods are for
// Fyne's goroutine.
type Host interface {
	// Nodes are the computers, in the order of the sidebar; Node finds one.
	Nodes() []Node
	Node(id string) (Node, bool)
	// Connect tries to reach a computer, now; Disconnect lets it go until then.
	Connect(id string)
	Disconnect(id string)
	// Feed has the live counters of all nodes.
	Feed() *Feed

	// Now is the time now, in the zone in which times are shown.
	Now() time.Time
	// Scope is the window's: for work that outlives a screen. A dialog takes
	// Scope().Sub() and ends it in OnClosed.
	Scope() *Scope

	// Open goes to a screen or opens a form, whichever is registered for the
	// route's name.
	Open(Route)
	// Here is the route of the screen shown.
	Here() Route
	// Show opens a dialog over the window.
	Show(*kit.Dialog)
	// OpenFile and SaveFile ask for a file; then is called only with a choice.
	OpenFile(title string, then func(path string))
	SaveFile(title, name string, then func(path string))
	// Copy puts text on the clipboard and says so in the status bar.
	Copy(text, what string)

	// Done records what was done: recent actions and the status bar.
	Done(Action)
	// Recent are the actions of this session, newest first.
	Recent() []Action
	// Fail shows an error that has no place of its own in a screen: what was
	// tried, why it failed, what to do.
	Fail(title string, err error)
	// Job runs something long: a card with progress and Cancel shows while it
	// takes more than half a second, whatever screen is in front.
	Job(Job)

	// Directory is the forest that the console works with, chosen or not; nil: this
	// window has none.
	Directory() mgmtclient.Directory

	// Export writes messages to a file format that can be read back; nil: it
	// cannot be done here.
	Export() Export

	Preferences() *Preferences
	Commands() *Commands
}

// Export writes messages of a queue with every property: those chosen, or all
// if ids is nil. told is called now and then with how many are written.
type Export func(ctx context.Context, node mgmtclient.Node, to io.Writer, queue string, ids []mgmtclient.LookupID, told func(int64)) error

// Node is a computer of the sidebar.
type Node struct {
	ID      string // stable; in Route.Node
	Name    string // what the person calls it
	Address string // where it is reached; "" this computer
	Local   bool
	State   NodeState
	Since   time.Time // of the state
	As      string    // the account it is spoken to as
	// Client is nil unless State is Connected or Limited.
	Client mgmtclient.Node
	// Err says why it is not reachable.
	Err error
	// Next is when it is tried again by itself; zero: not at all.
	Next time.Time
}

// NodeState says whether a node can be spoken to.
type NodeState int

// The states.
const (
	Connecting NodeState = iota
	Connected
	Limited  // answers, but not everything
	NoAnswer // see Node.Err
	Refused  // it does not let this account in: see Node.Err
	LetGo    // somebody here disconnected it
)

// Silent reports whether there is no connection and none is just being made.
func (n Node) Silent() bool { return n.State >= NoAnswer }

// Locked reports whether a password is missing, so that nobody was asked.
func (n Node) Locked() bool { return n.State == Refused && errors.Is(n.Err, mgmtclient.ErrNoPassword) }

// Shown is the state with icon, colour and word.
func (n Node) Shown() kit.State {
	switch {
	case n.State == Connecting && n.Local:
		return kit.ComputerSigningIn.With("Opening")
	case n.State == Connecting:
		return kit.ComputerSigningIn
	case n.State == NoAnswer && n.Local:
		return kit.ComputerNoAnswer.With("Not running")
	case n.State == NoAnswer:
		return kit.ComputerNoAnswer
	case n.Locked():
		return kit.ComputerLocked
	case n.State == Refused:
		return kit.ComputerRefused
	case n.State == LetGo:
		return kit.ComputerOffline
	case n.State == Limited:
		return kit.ComputerLimited
	case n.Local:
		return kit.ComputerLocal
	}
	return kit.ComputerConnected
}

// Name names a screen or a form.
type Name string

// The screens, then the forms, which are dialogs.
const (
	Home        Name = "home"
	Queues      Name = "queues" // Route.Folder or Route.Queue
	DeadLetters Name = "dead-letters"
	Outgoing    Name = "outgoing"
	Compose     Name = "compose" // Route.Queue; Route.Lookup: begin with a copy
	Desk        Name = "desk"
	RouteMap    Name = "route-map" // Route.Entry: a site, link or machine
	Directory   Name = "directory" // Route.Entry
	Settings    Name = "preferences"

	NewQueue    Name = "new-queue"
	Properties  Name = "queue-properties"
	PurgeQueue  Name = "purge-queue"
	DeleteQueue Name = "delete-queue"
	About       Name = "about"

	AddComputer    Name = "add-computer"
	EditComputer   Name = "edit-computer"
	RemoveComputer Name = "remove-computer"
	SignIn         Name = "sign-in"
	Offers         Name = "offers" // what can be done with a computer

	ChooseDirectory Name = "choose-directory"
)

// Folder is a folder of a node's tree.
type Folder string

// The folders, as Computer Management calls them.
const (
	PrivateQueues  Folder = "private"
	PublicQueues   Folder = "public"
	OutgoingQueues Folder = "outgoing"
	SystemQueues   Folder = "system"
)

// Route says where to go. Only Screen is needed.
type Route struct {
	Screen Name
	Node   string // "" the first one
	Folder Folder
	Queue  string              // path name of a queue
	Lookup mgmtclient.LookupID // a message of it
	Entry  string              // of the directory: what mgmtclient.Directory.Entry takes
}

// Screen is a screen of the window. All methods run on Fyne's goroutine.
type Screen interface {
	// Title is what the screen shows, in a few words, for the window's title.
	Title() string
	// Content is the widget, the same at each call.
	Content() fyne.CanvasObject
	// First is what takes the keyboard when the user comes to the screen, after
	// Enter; nil: nothing does.
	First() fyne.Focusable
	// Enter shows r; the scope ends when the screen is left. A screen that is
	// in front already gets Enter again, with the same scope, for a new route.
	Enter(s *Scope, r Route)
	// Leave is called after the scope has ended.
	Leave()
	// Actions are the commands the screen carries out while it is in front.
	Actions() Actions
	// Key sees keys that no widget used; true: it was used.
	Key(*fyne.KeyEvent) bool
}

// Follower is a Screen that takes over what became of a computer and stays where its
// user has gone meanwhile. Other screens get Enter again.
type Follower interface {
	NodeChanged()
}

// Factory makes a screen, when it is first opened.
type Factory func(Host) Screen

// Form opens a dialog.
type Form func(Host, Route)

// Action is something the user did, for the list of recent actions.
type Action struct {
	What   string   // "Deleted 12 messages from orders.error"
	Result string   // "12 of 12"; "Done" if empty
	Tone   kit.Tone // Success, Warning (a part failed), Danger
	// Undo and Details may be nil.
	Undo    func()
	Details func()
	When    time.Time // set by Host.Done
}

// Job is something long.
type Job struct {
	Icon  string
	Title string // "Returning messages to invoices.in"
	Total int64  // 0: not known
	Hint  string // what Cancel does: "Cancel stops after this batch of 50.\nWhat is done stays done."
	Verb  string // "returned": counted as done well
	Node  string // the computer it works on: it ends with the connection; "" none or several
	// Run works off Fyne's goroutine and tells how far it is as often as it
	// likes.
	Run func(s *JobRun) error
	// Then runs on Fyne's goroutine at the end, however it came.
	Then func(p Progress, err error)
}

// Progress is how far a job is.
type Progress struct {
	OK      int64
	Failed  int64
	Note    string // why items failed, in a few words
	Stopped bool   // cancelled before the end
}
