package ldap

import (
	"context"
	"encoding/binary"
	"strings"

	"posthouse/directory"
)

// Operations are the few LDAP operations that MS-MQDSSM 3.1.6.12-19 needs, on one
// forest. They may be called from many goroutines. An answer other than success comes
// as a *mq.Error with a *directory.Refusal as its cause, a line that is broken as
// mq.ErrNoDS.
type Operations interface {
	// Root is what the directory tells of itself; it is asked once per connection.
	Root(ctx context.Context) (RootDSE, error)
	// Add makes an object.
	Add(ctx context.Context, dn string, attributes []Attribute) error
	// Modify changes an object: all changes or none. One of nTSecurityDescriptor goes
	// with the SD_FLAGS control of the parts that it has (SDFlags).
	Modify(ctx context.Context, dn string, changes []Change) error
	// Delete removes an object, with tree also what is below it (the tree-delete
	// control, MS-ADTS 3.1.1.3.4.1.15).
	Delete(ctx context.Context, dn string, tree bool) error
	// Search calls each with the entries that fit, until it returns false. Pages follow
	// each other by themselves, ranged attributes (attr;range=0-1499) come whole and
	// under their plain name, referrals are ignored. An entry without values has those
	// attributes left out. It returns nil when Limit is reached.
	Search(ctx context.Context, s Search, each func(Entry) bool) error
	// Status is what is known of the connection now. It asks nobody.
	Status() directory.Status
	Close() error
}

// RootDSE is what a directory tells of itself (MS-ADTS 3.1.1.3.2).
type RootDSE struct {
	Default       string // defaultNamingContext: the domain of the controller
	Configuration string // configurationNamingContext
	RootDomain    string // rootDomainNamingContext: the first domain of the forest
	Schema        string // schemaNamingContext
	DNSHostName   string // of the controller
	Forest        string // DNS name, from RootDomain
	// Domains are the domain partitions of the forest that this controller knows by
	// its namingContexts; Default is one of them.
	Domains  []string
	Controls []string // supportedControl
}

// Attribute is a name and its values, as they are on the wire.
type Attribute struct {
	Name   string
	Values [][]byte
}

// ChangeOp is how a value is changed (RFC 4511 4.6).
type ChangeOp uint8

// The ways, numbered as on the wire.
const (
	AddValues    ChangeOp = 0
	DeleteValues ChangeOp = 1 // without values: the whole attribute
	Replace      ChangeOp = 2 // without values: the attribute goes, if there is one
)

// Change is one of a Modify.
type Change struct {
	Op ChangeOp
	Attribute
}

// Scope is how far a search goes (RFC 4511 4.5.1.2).
type Scope uint8

// The scopes, numbered as on the wire.
const (
	ScopeBase Scope = 0 // the object itself
	ScopeOne  Scope = 1 // those right below
	ScopeTree Scope = 2 // it and all below
)

// Search says what is searched.
type Search struct {
	Base       string // distinguished name or <GUID=...>; "" is the whole forest, with Catalogue only
	Scope      Scope
	Filter     string   // RFC 4515, built by the functions of filter.go only; "" is (objectClass=*)
	Attributes []string // nil: all
	SDFlags    uint32   // 7: with nTSecurityDescriptor, owner, group and DACL; 0: no control
	Page       int      // entries per page; 0: as the connection likes
	Limit      int      // entries in all; 0: no limit
	Sort       string   // attribute that a directory which can sorts by (RFC 2891); "" is as they come
	Catalogue  bool     // ask the global catalogue
}

// Entry is an object that was found. Names of attributes are compared without
// letter case.
type Entry struct {
	DN         string
	Attributes []Attribute
}

// Values are those of an attribute, nil if it has none.
func (e Entry) Values(name string) [][]byte {
	for i := range e.Attributes {
		if strings.EqualFold(e.Attributes[i].Name, name) {
			return e.Attributes[i].Values
		}
	}
	return nil
}

// Value is the first of an attribute, nil if it has none.
func (e Entry) Value(name string) []byte {
	if v := e.Values(name); len(v) > 0 {
		return v[0]
	}
	return nil
}

// Text is Value as a string.
func (e Entry) Text(name string) string { return string(e.Value(name)) }

// AttrDescriptor is the security descriptor of every object.
const AttrDescriptor = "nTSecurityDescriptor"

// SDFlags is the value of the SD_FLAGS control that goes with changes: the parts of
// the descriptor that they set; 0 if they set none. Without it a directory would take
// the missing parts for empty ones (MS-ADTS 3.1.1.3.4.1.11).
func SDFlags(changes []Change) uint32 {
	for i := range changes {
		if strings.EqualFold(changes[i].Name, AttrDescriptor) && len(changes[i].Values) > 0 {
			return descriptorParts(changes[i].Values[0])
		}
	}
	return 0
}

// descriptorParts tells by the header of a self-relative descriptor (MS-DTYP 2.4.6)
// which of owner 1, group 2, DACL 4 and SACL 8 it has.
func descriptorParts(d []byte) uint32 {
	if len(d) < 20 {
		return 0
	}
	const daclPresent, saclPresent = 0x0004, 0x0010
	parts, control := uint32(0), binary.LittleEndian.Uint16(d[2:])
	if binary.LittleEndian.Uint32(d[4:]) != 0 {
		parts |= 1
	}
	if binary.LittleEndian.Uint32(d[8:]) != 0 {
		parts |= 2
	}
	if control&daclPresent != 0 {
		parts |= 4
	}
	if control&saclPresent != 0 {
		parts |= 8
	}
	return parts
}
