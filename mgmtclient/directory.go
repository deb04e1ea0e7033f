package mgmtclient

import (
	"context"
	"time"

	"posthouse/localqm/mq"
)

// Directory is the forest that a console works with (Active Directory), apart from
// any queue manager. Its methods may be called from many goroutines. An error that
// the directory gave has a *Refusal as its cause.
type Directory interface {
	// Status is how the connection stands. It asks nobody.
	Status() DirectoryStatus
	// Watch tells that Status or objects changed by this program are not what they
	// were, until ctx ends.
	Watch(ctx context.Context) <-chan struct{}

	// SignIn is how the console reaches its directory and who it is there; zero when
	// none was chosen. Choose keeps it; a nil password leaves the one that is kept.
	SignIn(ctx context.Context) (DirectorySignIn, error)
	Choose(ctx context.Context, s DirectorySignIn, password *string) error
	// Test tries it, layer by layer up to the first that fails; nothing is kept.
	Test(ctx context.Context, s DirectorySignIn, password *string, report func(Probe)) error
	// Keeper is where the password is kept, as that of Computers.
	Keeper() (words string, ok bool)

	// Find lists entries that fit, in the order of their names.
	Find(ctx context.Context, q DirectoryQuery) (DirectoryPage, error)
	// Entry reads one entry by GUID, distinguished name, or computer\queue.
	Entry(ctx context.Context, ref string) (Entry, error)
	UsedBy(ctx context.Context, id mq.GUID) ([]EntryUse, error)
	// Create makes what e describes; Set changes the named fields to what e has.
	// Both return the entry as it was read back. The queue manager concerned is told.
	Create(ctx context.Context, e Entry) (Entry, error)
	Set(ctx context.Context, e Entry, fields ...Field) (Entry, error)
	// Delete removes an entry, and what is below it if whole.
	Delete(ctx context.Context, id mq.GUID, whole bool) error
	// Permissions says in words who may do what with an entry.
	Permissions(ctx context.Context, id mq.GUID) (Permissions, error)
	SetPermissions(ctx context.Context, id mq.GUID, p Permissions) error

	// Routes is the map of sites and links, as read last; again reads it anew.
	Routes(ctx context.Context, again bool) (RouteMap, error)
	// Path is the way that a message takes now, or would.
	Path(ctx context.Context, q PathQuery) (Path, error)
	// Compare lists the ways between sites that a change would change, those that it
	// changes most first.
	Compare(ctx context.Context, w WhatIf) ([]PathChange, error)
	Close() error
}

// DirectorySignIn is how a directory is reached and as whom.
type DirectorySignIn struct {
	// Controller is ldap://HOST[:PORT], ldaps://HOST[:PORT] or HOST; empty: found by
	// the SRV records of Domain.
	Controller string `json:"controller,omitempty"`
	Domain     string `json:"domain,omitempty"` // DNS name
	CA         string `json:"ca,omitempty"`     // PEM file that controllers' certificates are checked with; empty: the system's
	SignIn     SignIn `json:"signIn"`           // password, kerberos
	User       string `json:"user,omitempty"`   // name@domain, DOMAIN\name or a distinguished name
}

// DirectoryStatus is what is known of the connection to a directory.
type DirectoryStatus struct {
	Configured bool   `json:"configured"`
	Connected  bool   `json:"connected"`
	Forest     string `json:"forest,omitempty"`
	Controller string `json:"controller,omitempty"`
	As         string `json:"as,omitempty"`
	Protection string `json:"protection,omitempty"` // TLS, signed and encrypted (Kerberos), ...
	Why        string `json:"why,omitempty"`        // if not Connected
}

// EntryKind is the sort of an entry.
type EntryKind string

// The kinds of entries.
const (
	EntryForest   EntryKind = "forest" // the enterprise settings
	EntrySite     EntryKind = "site"
	EntryMachine  EntryKind = "machine" // a queue manager, foreign computers too
	EntryQueue    EntryKind = "queue"   // a public queue
	EntryList     EntryKind = "list"
	EntryAlias    EntryKind = "alias"
	EntryLink     EntryKind = "link"
	EntryUser     EntryKind = "user"
	EntryServer   EntryKind = "server"   // a server's roles in a site
	EntryComputer EntryKind = "computer" // an account without a queue manager
)

// Entry is an object of the directory. Of the pointers that of its kind is set.
type Entry struct {
	ID         mq.GUID   `json:"id"`
	Kind       EntryKind `json:"kind"`
	Name       string    `json:"name"`
	DN         string    `json:"dn"`
	Parent     string    `json:"parent,omitempty"` // at creation: the container's distinguished name; empty: the usual
	Where      string    `json:"where,omitempty"`  // computer of a queue, site of a machine, "4 members" ...
	Label      string    `json:"label,omitempty"`  // of a queue; description of others
	FormatName string    `json:"formatName,omitempty"`
	Created    time.Time `json:"created,omitzero"`
	Modified   time.Time `json:"modified,omitzero"`
	Controller string    `json:"controller,omitempty"` // that it was read from
	Read       time.Time `json:"read,omitzero"`

	Forest  *ForestEntry  `json:"forest,omitempty"`
	Site    *SiteEntry    `json:"site,omitempty"`
	Machine *MachineEntry `json:"machine,omitempty"`
	Queue   *QueueEntry   `json:"queue,omitempty"`
	List    *ListEntry    `json:"list,omitempty"`
	Alias   *AliasEntry   `json:"alias,omitempty"`
	Link    *RouteLink    `json:"link,omitempty"`
	User    *UserEntry    `json:"user,omitempty"`
}

// ForestEntry holds the enterprise settings.
type ForestEntry struct {
	LongLived        uint32 `json:"longLived"` // default time to reach queue, seconds
	WeakenedSecurity *bool  `json:"weakenedSecurity"`
	NotifyOld        *bool  `json:"notifyOld"`
}

// SiteEntry is a site.
type SiteEntry struct {
	Foreign  bool `json:"foreign"`
	Machines int  `json:"machines"`
}

// EntryRef names another entry.
type EntryRef struct {
	ID   mq.GUID   `json:"id"`
	Name string    `json:"name"`
	Kind EntryKind `json:"kind,omitempty"`
}

// MachineEntry is a queue manager.
type MachineEntry struct {
	Computer       string     `json:"computer"`
	DNSName        string     `json:"dnsName,omitempty"`
	Foreign        bool       `json:"foreign"`
	Routing        bool       `json:"routing"`
	Sites          []EntryRef `json:"sites"`
	OutServers     []EntryRef `json:"outServers"`
	InServers      []EntryRef `json:"inServers"`
	QuotaKB        *uint32    `json:"quotaKB"` // nil: unlimited
	JournalQuotaKB *uint32    `json:"journalQuotaKB"`
	OS             string     `json:"os,omitempty"`
	Queues         int        `json:"queues"`
}

// QueueEntry is a public queue.
type QueueEntry struct {
	Machine        EntryRef `json:"machine"`
	PathName       string   `json:"pathName"`
	ServiceType    mq.GUID  `json:"serviceType"`
	Transactional  bool     `json:"transactional"`
	Authenticate   bool     `json:"authenticate"`
	PrivacyLevel   string   `json:"privacyLevel"` // none, optional, body
	Journal        bool     `json:"journal"`
	QuotaKB        *uint32  `json:"quotaKB"`
	JournalQuotaKB *uint32  `json:"journalQuotaKB"`
	BasePriority   int16    `json:"basePriority"`
	Multicast      string   `json:"multicast,omitempty"`
	Foreign        bool     `json:"foreign"`
}

// ListEntry is a distribution list.
type ListEntry struct {
	Members []EntryRef `json:"members"`
}

// AliasEntry is another name for a queue.
type AliasEntry struct {
	Target string `json:"target"` // format name
}

// UserEntry is somebody with certificates.
type UserEntry struct {
	Account      string   `json:"account"`
	SID          string   `json:"sid"`
	Certificates int      `json:"certificates"`
	Digests      []string `json:"digests"` // hexadecimal
}

// Field names what Set changes: the JSON names above.
type Field string

// The fields that can be changed.
const (
	FieldLabel         Field = "label" // description of what has no label
	FieldJournal       Field = "journal"
	FieldQuota         Field = "quotaKB"
	FieldJournalQuota  Field = "journalQuotaKB"
	FieldAuthenticate  Field = "authenticate"
	FieldPrivacy       Field = "privacyLevel"
	FieldBasePriority  Field = "basePriority"
	FieldServiceType   Field = "serviceType"
	FieldMulticast     Field = "multicast"
	FieldTransactional Field = "transactional" // only at creation; named by refusals
	FieldSites         Field = "sites"
	FieldOutServers    Field = "outServers"
	FieldInServers     Field = "inServers"
	FieldRouting       Field = "routing"
	FieldForeign       Field = "foreign"
	FieldCost          Field = "cost"
	FieldGates         Field = "gates"
	FieldMembers       Field = "members"
	FieldTarget        Field = "target"
	FieldLongLived     Field = "longLived"
	FieldName          Field = "name" // only at creation; named by refusals
)

// Refusal is the directory's reason.
type Refusal struct {
	Controller string `json:"controller"`
	Code       uint16 `json:"code"` // LDAP result code
	Name       string `json:"name"` // insufficientAccessRights
	Text       string `json:"text"` // the directory's own words
	Field      Field  `json:"field,omitempty"`
}

func (r *Refusal) Error() string { return r.Controller + " refused: " + r.Text }

// DirectoryQuery says what to find.
type DirectoryQuery struct {
	Text  string      `json:"text,omitempty"`  // in name or label, letter case ignored
	Kinds []EntryKind `json:"kinds,omitempty"` // empty: any
	Type  *mq.GUID    `json:"type,omitempty"`  // service type of queues
	Under string      `json:"under,omitempty"` // "": the forest; a distinguished name, or a site's or machine's GUID: what belongs to it
	After string      `json:"after,omitempty"` // DirectoryPage.Next
	Limit int         `json:"limit,omitempty"` // 0: 200
}

// DirectoryPage is a page of entries.
type DirectoryPage struct {
	Entries []Entry       `json:"entries"`
	Next    string        `json:"next,omitempty"`  // there is more
	Total   int           `json:"total,omitempty"` // if it is known
	Took    time.Duration `json:"took"`
}

// EntryUse is how another entry refers to one.
type EntryUse struct {
	Entry Entry  `json:"entry"`
	How   string `json:"how"` // "has it as one of 4 members"
}

// RouteMap is the forest as message routing sees it.
type RouteMap struct {
	Forest     string      `json:"forest"`
	Controller string      `json:"controller"`
	Read       time.Time   `json:"read"`
	Sites      []RouteSite `json:"sites"`
	Links      []RouteLink `json:"links"`
}

// RouteSite is a site with its queue managers.
type RouteSite struct {
	ID       mq.GUID        `json:"id"`
	Name     string         `json:"name"`
	Foreign  bool           `json:"foreign"`
	Machines []RouteMachine `json:"machines"`
}

// RouteMachine is a queue manager of a site.
type RouteMachine struct {
	ID      mq.GUID `json:"id"`
	Name    string  `json:"name"`
	DNSName string  `json:"dnsName,omitempty"`
	Routing bool    `json:"routing"`
	Gate    bool    `json:"gate"` // of some link
	Foreign bool    `json:"foreign"`
}

// RouteLink is a routing link between two sites.
type RouteLink struct {
	ID          mq.GUID   `json:"id"`
	Site1       mq.GUID   `json:"site1"`
	Site2       mq.GUID   `json:"site2"`
	Cost        uint32    `json:"cost"` // 1 to 999999
	Description string    `json:"description,omitempty"`
	Gates       []mq.GUID `json:"gates"`
	DN          string    `json:"dn,omitempty"`
}

// WhatIf changes the map in thought.
type WhatIf struct {
	Links   []RouteLink `json:"links,omitempty"`   // as if these were saved; one without ID is new
	Removed []mq.GUID   `json:"removed,omitempty"` // links, as if they were deleted
	// Down are links, gates or sites that do not work. Queue managers do not know that
	// from the directory: each takes another way when it finds its best one broken.
	Down []mq.GUID `json:"down,omitempty"`
}

// PathQuery asks for the way between two sites or queue managers.
type PathQuery struct {
	From   mq.GUID `json:"from"`
	To     mq.GUID `json:"to"`
	WhatIf WhatIf  `json:"whatIf,omitzero"`
}

// Path is a way through the sites.
type Path struct {
	Hops []PathHop `json:"hops"` // from the site of departure on; empty: there is no way
	Cost uint32    `json:"cost"`
	// Waits: messages get no further than the last of Hops while something is down.
	Waits bool   `json:"waits,omitempty"`
	Why   string `json:"why,omitempty"` // there is no way, messages wait, or what is odd about it
	// Next is the best other way: of those without at least one link of this one, and
	// without what is down, the one that costs least; nil if there is none.
	Next *Path `json:"next,omitempty"`
}

// PathHop is a site on a way.
type PathHop struct {
	Site mq.GUID `json:"site"`
	Name string  `json:"name"`
	// Via are the queue managers a message passes in this site, in order; sender and
	// receiver too if the question named them.
	Via  []RouteMachine `json:"via"`
	Link mq.GUID        `json:"link"` // that leads here; zero in the first, and where a queue manager is in both sites
	Cost uint32         `json:"cost"` // of that link
}

// PathChange is a way that changes.
type PathChange struct {
	From   EntryRef `json:"from"`
	To     EntryRef `json:"to"`
	Before uint32   `json:"before"` // cost; 0: there was no way
	After  uint32   `json:"after"`  // cost; 0: there is no way
}
