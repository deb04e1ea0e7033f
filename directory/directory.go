package directory

import (
	"context"
	"iter"
	"strings"

	"posthouse/localqm/mq"
)

// Directory is a forest's directory. Its methods may be called from many
// goroutines. Every error is a *mq.Error; one that the directory gave has a
// *Refusal as its cause.
type Directory interface {
	// Search yields the objects of a kind that fit, page by page; it ends with an
	// error after what was found before it.
	Search(ctx context.Context, q Query) iter.Seq2[Object, error]
	// Read reads one object; with kind 0 whatever ref names by ID or DN.
	// MQ_ERROR_QUEUE_NOT_FOUND, MQ_ERROR_MACHINE_NOT_FOUND or MQDS_OBJECT_NOT_FOUND
	// when there is none.
	Read(ctx context.Context, k Kind, ref Ref, also ...Attribute) (Object, error)
	// Create makes an object with all that is set in it, and what belongs to it (a
	// routing server's mSMQSettings), and returns it as it was read back. The parent
	// of lists, aliases and foreign computers is parent, or the usual container for "".
	Create(ctx context.Context, parent string, o Object) (Object, error)
	// Write changes the named attributes of o, found by its ID (or DN), to what o has.
	Write(ctx context.Context, o Object, attributes ...Attribute) error
	// Delete removes an object. One with others below it is refused unless tree.
	Delete(ctx context.Context, o Object, tree bool) error
	// UsedBy lists objects that refer to an object: lists that have it as a member,
	// links and machines that name it, aliases of a queue.
	UsedBy(ctx context.Context, o Object) ([]Use, error)
	// Status is what is known of the connection now. It asks nobody.
	Status() Status
	Close() error
}

// Ref names one object: the first of its fields that is set.
type Ref struct {
	ID   mq.GUID
	DN   string
	Path string // of a queue: computer\queue
	Name string // NetBIOS name of a computer, account of a user, cn of anything else
}

// ByID, ByDN, ByPath and ByName make a Ref.
func ByID(id mq.GUID) Ref { return Ref{ID: id} }

// ByDN names an object by its distinguished name.
func ByDN(dn string) Ref { return Ref{DN: dn} }

// ByPath names a public queue by computer\queue.
func ByPath(path string) Ref { return Ref{Path: path} }

// ByName names an object by its common name.
func ByName(name string) Ref { return Ref{Name: name} }

// String is for people.
func (r Ref) String() string {
	switch {
	case !r.ID.IsZero():
		return r.ID.String()
	case r.DN != "":
		return r.DN
	case r.Path != "":
		return r.Path
	}
	return r.Name
}

// Query says what is looked for.
type Query struct {
	Kind  Kind
	Under string // distinguished name of the subtree; empty: the whole forest
	Where []Term // all of them
	// Contains is text anywhere in the name or the label, letter case ignored; it is
	// never a pattern.
	Contains string
	Limit    int         // 0: all
	Also     []Attribute // AttrSecurity and the like, which cost more
	// Only are the attributes to read, which costs less; empty: all but AttrSecurity.
	// ID, DN and Name always come, Computer and Queue too, as they are in the DN.
	Only []Attribute
	// Order sorts by name at the directory where it can; pages come in any order else.
	Order bool
}

// RoutingQuery asks for all that routing needs of the sites, links or machines of the
// forest (MS-MQBR 3.1.1) and no more: use it to fill a routing table or a map.
func RoutingQuery(k Kind) Query {
	q := Query{Kind: k}
	switch k {
	case KindSite:
		q.Only = []Attribute{AttrForeignSite}
	case KindLink:
		q.Only = []Attribute{AttrCost, AttrSite1, AttrSite2, AttrGates, AttrDescription}
	case KindMachine:
		q.Only = []Attribute{AttrSites, AttrInServers, AttrOutServers, AttrRouting, AttrForeign}
	}
	return q
}

// Op compares (attribute-filter expressions, MS-MQDMPR 3.1.7.1.20).
type Op uint8

// The comparisons.
const (
	Equals Op = iota
	NotEquals
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
)

// Term is one condition. Value has the type of the attribute's field in the struct;
// for lists one element is compared. NotEquals nil finds what has the attribute,
// Equals nil what has not.
type Term struct {
	Attribute Attribute
	Op        Op
	Value     any
}

// Is is the usual condition.
func Is(a Attribute, value any) Term { return Term{Attribute: a, Value: value} }

// Use is how one object refers to another.
type Use struct {
	Object Object
	How    Attribute // AttrMembers, AttrGates, AttrSite1, AttrInServers, AttrFormatName ...
}

// Status is what is known of a connection.
type Status struct {
	Connected  bool
	Controller string // DNS name or address of the domain controller
	Forest     string // DNS name of the forest
	As         string // DOMAIN\name that is signed in
	Protection string // "TLS", "signed and sealed (Kerberos)", "none" ...
	Err        error  // why not Connected
}

// All reads every object that fits into a slice.
func All[T Object](ctx context.Context, d Directory, q Query) ([]T, error) {
	var list []T
	for o, err := range d.Search(ctx, q) {
		if err != nil {
			return list, err
		}
		if t, ok := o.(T); ok {
			list = append(list, t)
		}
	}
	return list, nil
}

// Get reads one object of a type: directory.Get[*directory.Queue](ctx, d, directory.ByID(id)).
func Get[T Object](ctx context.Context, d Directory, ref Ref, also ...Attribute) (T, error) {
	var t T
	o, err := d.Read(ctx, t.Kind(), ref, also...)
	if err != nil {
		return t, err
	}
	t, ok := o.(T)
	if !ok {
		return t, mq.Errorf(mq.ErrObjectNotFound, "read "+ref.String(), "it is an object of another kind")
	}
	return t, nil
}

// Parent is the distinguished name of the container of dn.
func Parent(dn string) string {
	for i := 0; i < len(dn); i++ {
		switch dn[i] {
		case '\\':
			i++
		case ',':
			return strings.TrimLeft(dn[i+1:], " ")
		}
	}
	return ""
}
