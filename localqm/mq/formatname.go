package mq

// Kind is the kind of a format name (MS-MQMQ 2.1).
type Kind uint8

// The kinds of format names.
const (
	KindNone         Kind = iota
	KindPublic            // PUBLIC=guid
	KindPrivate           // PRIVATE=guid\number
	KindDirect            // DIRECT=protocol:address\path
	KindMachine           // MACHINE=guid
	KindConnector         // CONNECTOR=guid
	KindMulticast         // MULTICAST=address:port
	KindDistribution      // DL=guid[@domain]
	KindMulti             // several of the above, for sending
)

// Suffix selects a part of a queue or of a machine (MS-MQMQ 2.1).
type Suffix uint8

// The suffixes of format names.
const (
	SuffixNone Suffix = iota
	SuffixJournal
	SuffixDeadLetter
	SuffixDeadXact
	SuffixXactOnly // CONNECTOR=guid;XACTONLY
)

// FormatName is a parsed format name. The zero value is no name.
type FormatName struct {
	Kind     Kind
	GUID     GUID   // queue, queue manager, site or list
	Number   uint32 // private queue number
	Protocol string // DIRECT: TCP, OS, HTTP, HTTPS (upper case)
	Address  string // DIRECT: computer; MULTICAST: address:port; DL: domain
	Path     string // DIRECT: queue without computer: private$\orders, SYSTEM$
	Subqueue string
	Suffix   Suffix
	Elements []FormatName // KindMulti
}

// IsZero reports whether there is no name.
func (f FormatName) IsZero() bool { return f.Kind == KindNone }

// ParseFormatName reads a format name of any kind, FormatName: prefix allowed.
func ParseFormatName(s string) (FormatName, error) { return FormatName{}, ErrIllegalFormatName }

// String is the canonical form; the empty string for the zero value.
func (f FormatName) String() string { return "" }
