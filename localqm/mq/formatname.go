package mq

import (
	"strconv"
	"strings"
)

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

var kindWords = [...]string{
	KindPublic: "PUBLIC", KindPrivate: "PRIVATE", KindDirect: "DIRECT", KindMachine: "MACHINE",
	KindConnector: "CONNECTOR", KindMulticast: "MULTICAST", KindDistribution: "DL", KindMulti: "MULTI",
}

// String is the keyword, DIRECT; MULTI for a list, empty for none.
func (k Kind) String() string {
	if int(k) < len(kindWords) {
		return kindWords[k]
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// Suffix selects a part of a queue or of a machine (MS-MQMQ 2.1, 2.2.11).
type Suffix uint8

// The suffixes of format names.
const (
	SuffixNone Suffix = iota
	SuffixJournal
	SuffixDeadLetter
	SuffixDeadXact
	SuffixXactOnly // CONNECTOR=guid;XACTONLY
)

var suffixWords = [...]string{
	SuffixJournal: "JOURNAL", SuffixDeadLetter: "DEADLETTER", SuffixDeadXact: "DEADXACT", SuffixXactOnly: "XACTONLY",
}

// String is the keyword without its semicolon: JOURNAL; empty for none.
func (x Suffix) String() string {
	if int(x) < len(suffixWords) {
		return suffixWords[x]
	}
	return "Suffix(" + strconv.Itoa(int(x)) + ")"
}

// The protocols of direct format names (MS-MQMQ 2.1.2).
const (
	ProtocolTCP   = "TCP"
	ProtocolOS    = "OS"
	ProtocolHTTP  = "HTTP"
	ProtocolHTTPS = "HTTPS"
	ProtocolIPX   = "IPX"
)

// SystemPath is the FormatName.Path of a computer's system queues.
const SystemPath = "SYSTEM$"

// PrivatePrefix begins the FormatName.Path of a private queue.
const PrivatePrefix = `private$\`

// FormatName is a parsed format name. The zero value is no name.
type FormatName struct {
	Kind     Kind
	GUID     GUID   // queue, queue manager, site or list
	Number   uint32 // private queue number
	Protocol string // DIRECT: TCP, OS, HTTP, HTTPS, IPX (upper case)
	Address  string // DIRECT: computer[:port of HTTP]; MULTICAST: address:port; DL: domain
	Path     string // DIRECT: queue without computer: private$\orders, SYSTEM$
	Subqueue string // DIRECT only (MS-MQMQ 2.2.7)
	Suffix   Suffix
	Elements []FormatName // KindMulti
}

// Public names the public queue with that identifier.
func Public(queue GUID) FormatName { return FormatName{Kind: KindPublic, GUID: queue} }

// Private names a private queue by its queue manager and number.
func Private(manager GUID, number uint32) FormatName {
	return FormatName{Kind: KindPrivate, GUID: manager, Number: number}
}

// Machine names a system queue of a queue manager: SuffixJournal,
// SuffixDeadLetter or SuffixDeadXact.
func Machine(manager GUID, queue Suffix) FormatName {
	return FormatName{Kind: KindMachine, GUID: manager, Suffix: queue}
}

// Connector names the connector queue to a foreign site, the transactional one
// if xact is set.
func Connector(site GUID, xact bool) FormatName {
	f := FormatName{Kind: KindConnector, GUID: site}
	if xact {
		f.Suffix = SuffixXactOnly
	}
	return f
}

// DistributionList names a list of the directory; domain may be empty.
func DistributionList(list GUID, domain string) FormatName {
	return FormatName{Kind: KindDistribution, GUID: list, Address: domain}
}

// Multicast names a multicast address, "224.0.0.9:8001".
func Multicast(address string) FormatName {
	return FormatName{Kind: KindMulticast, Address: address}
}

// Direct names a queue by protocol, computer and path: private$\orders,
// orders, or SYSTEM$ with a suffix set afterwards.
func Direct(protocol, address, path string) FormatName {
	return FormatName{Kind: KindDirect, Protocol: protocol, Address: address, Path: path}
}

// DirectOS names a queue by computer name and path, private$\orders.
func DirectOS(host, path string) FormatName { return Direct(ProtocolOS, host, path) }

// DirectTCP names a queue by IP address and path, private$\orders.
func DirectTCP(address, path string) FormatName { return Direct(ProtocolTCP, address, path) }

// Multi names several queues at once, for sending; one name stays itself.
func Multi(names ...FormatName) FormatName {
	if len(names) == 1 {
		return names[0]
	}
	return FormatName{Kind: KindMulti, Elements: names}
}

// IsZero reports whether there is no name.
func (f FormatName) IsZero() bool { return f.Kind == KindNone }

// Journal names the queue's journal.
func (f FormatName) Journal() FormatName {
	f.Subqueue, f.Suffix = "", SuffixJournal
	return f
}

// Sub names a subqueue of a queue with a direct format name.
func (f FormatName) Sub(name string) FormatName {
	f.Subqueue, f.Suffix = name, SuffixNone
	return f
}

// ReadOnly reports whether applications can only read there: journals and
// dead-letter queues (MS-MQMQ 2.1.7).
func (f FormatName) ReadOnly() bool {
	return f.Kind == KindMachine || f.Suffix == SuffixJournal || f.Suffix == SuffixDeadLetter || f.Suffix == SuffixDeadXact
}

// IsHTTP reports whether messages travel over HTTP or HTTPS.
func (f FormatName) IsHTTP() bool {
	return f.Kind == KindDirect && (f.Protocol == ProtocolHTTP || f.Protocol == ProtocolHTTPS)
}

// Equal reports whether both name the same, case ignored.
func (f FormatName) Equal(g FormatName) bool { return f.Kind == g.Kind && f.Key() == g.Key() }

// Key is the name in lower case: equal names have equal keys.
func (f FormatName) Key() string { return strings.ToLower(f.String()) }

// String is the canonical form; the empty string for the zero value.
func (f FormatName) String() string {
	if f.Kind == KindNone {
		return ""
	}
	var b strings.Builder
	f.print(&b)
	return b.String()
}

func (f FormatName) print(b *strings.Builder) {
	if f.Kind == KindMulti {
		for i, e := range f.Elements {
			if i > 0 {
				b.WriteByte(',')
			}
			e.print(b)
		}
		return
	}
	b.WriteString(f.Kind.String())
	b.WriteByte('=')
	switch f.Kind {
	case KindPublic, KindMachine, KindConnector:
		b.WriteString(f.GUID.String())
	case KindPrivate:
		b.WriteString(f.GUID.String())
		b.WriteByte('\\')
		n := strconv.FormatUint(uint64(f.Number), 16)
		b.WriteString("00000000"[len(n):] + n)
	case KindDistribution:
		b.WriteString(f.GUID.String())
		if f.Address != "" {
			b.WriteByte('@')
			b.WriteString(f.Address)
		}
	case KindMulticast:
		b.WriteString(f.Address)
	case KindDirect:
		f.printDirect(b)
	}
	switch {
	case f.Suffix != SuffixNone:
		b.WriteByte(';')
		b.WriteString(f.Suffix.String())
	case f.Subqueue != "":
		b.WriteByte(';')
		b.WriteString(f.Subqueue)
	}
}

// printDirect writes HTTP names as the URLs they are on the wire
// (MC-MQSRM), the others with backslashes.
func (f FormatName) printDirect(b *strings.Builder) {
	b.WriteString(f.Protocol)
	b.WriteByte(':')
	if !f.IsHTTP() {
		b.WriteString(f.Address)
		b.WriteByte('\\')
		b.WriteString(f.Path)
		return
	}
	b.WriteString("//")
	b.WriteString(f.Address)
	b.WriteString("/msmq/")
	b.WriteString(strings.Replace(f.Path, `\`, "/", 1))
}

// MarshalText makes a format name a JSON string; empty for none.
func (f FormatName) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (f *FormatName) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*f = FormatName{}
		return nil
	}
	v, err := ParseFormatName(string(b))
	if err == nil {
		*f = v
	}
	return err
}
