package mq

import "strings"

// PathName is a parsed path name (MS-MQMQ 2.1.1): a computer and one of its
// queues. The zero value is no name.
type PathName struct {
	Machine  string // as typed; "." is this computer
	Private  bool   // computer\private$\queue
	System   bool   // computer\system$;suffix: Queue is empty, Suffix says which
	Queue    string // as typed
	Subqueue string
	Suffix   Suffix // SuffixJournal of a queue; that or a dead-letter queue if System
}

// PrivatePath names a private queue of this computer.
func PrivatePath(queue string) PathName {
	return PathName{Machine: ".", Private: true, Queue: queue}
}

// SystemPathName names a system queue of this computer: SuffixJournal,
// SuffixDeadLetter or SuffixDeadXact.
func SystemPathName(queue Suffix) PathName {
	return PathName{Machine: ".", System: true, Suffix: queue}
}

// ParsePathName reads computer\queue, computer\private$\queue, both with
// ;subqueue or ;journal, and computer\system$;journal, ;deadletter or
// ;deadxact, case ignored; the computer may be a dot. The error is an *Error
// with MQ_ERROR_ILLEGAL_QUEUE_PATHNAME.
func ParsePathName(s string) (PathName, error) {
	p, bad := parsePath(s)
	if bad != nil {
		return PathName{}, bad.refuse(ErrIllegalQueuePathname, "path name", s)
	}
	return p, nil
}

func parsePath(s string) (PathName, *flaw) {
	if s == "" {
		return PathName{}, flawed("it is empty").try(`write computer\private$\queue, or .\private$\queue for this computer`)
	}
	if looksLikeFormatName(s) {
		return PathName{}, flawed("it is a format name, not a path name").try(`write computer\private$\queue`)
	}
	machine, rest, ok := strings.Cut(s, `\`)
	if !ok {
		bad := flawed("there is no computer before the queue")
		if checkQueueName("queue", s, MaxQueueName) == nil && !strings.Contains(s, "/") {
			return PathName{}, bad.try(`write .\private$\%s for a private queue of this computer`, s)
		}
		return PathName{}, bad.try(`write computer\private$\queue, with backslashes`)
	}
	if bad := checkComputer(machine); bad != nil {
		if bad.fix != "" && (equalWord(machine, privateWord) || equalWord(machine, systemWord)) {
			bad.fix = `write .\ before it for this computer`
		}
		return PathName{}, bad
	}
	q, bad := parseQueuePath(rest)
	if bad != nil {
		return PathName{}, bad
	}
	return PathName{
		Machine: machine, Private: q.private, System: q.system,
		Queue: q.queue, Subqueue: q.subqueue, Suffix: q.suffix,
	}, nil
}

// IsZero reports whether there is no name.
func (p PathName) IsZero() bool { return p == PathName{} }

// Local reports whether the computer is written as a dot.
func (p PathName) Local() bool { return p.Machine == "." }

// On is the same queue on another computer.
func (p PathName) On(machine string) PathName {
	p.Machine = machine
	return p
}

// Parent is the queue itself, without subqueue and journal; a system queue
// stays itself.
func (p PathName) Parent() PathName {
	if !p.System {
		p.Subqueue, p.Suffix = "", SuffixNone
	}
	return p
}

// Direct is the format name DIRECT=OS:computer\path.
func (p PathName) Direct() FormatName {
	if p.IsZero() {
		return FormatName{}
	}
	f := DirectOS(p.Machine, p.Queue)
	f.Subqueue, f.Suffix = p.Subqueue, p.Suffix
	switch {
	case p.System:
		f.Path = SystemPath
	case p.Private:
		f.Path = PrivatePrefix + p.Queue
	}
	return f
}

// PathName is the path name that a direct format name over TCP or OS contains;
// the other kinds contain none.
func (f FormatName) PathName() (PathName, bool) {
	if f.Kind != KindDirect || f.Protocol != ProtocolOS && f.Protocol != ProtocolTCP {
		return PathName{}, false
	}
	p := PathName{Machine: f.Address, Queue: f.Path, Subqueue: f.Subqueue, Suffix: f.Suffix}
	if equalWord(f.Path, SystemPath) {
		p.System, p.Queue = true, ""
	} else if rest, ok := cutWord(f.Path, PrivatePrefix); ok {
		p.Private, p.Queue = true, rest
	}
	return p, true
}

// Equal reports whether both name the same, case ignored.
func (p PathName) Equal(q PathName) bool { return p.Key() == q.Key() }

// Key is the name in lower case: equal names have equal keys.
func (p PathName) Key() string { return strings.ToLower(p.String()) }

// String is the canonical form, keywords in lower case and names as typed; the
// empty string for the zero value.
func (p PathName) String() string {
	if p.IsZero() {
		return ""
	}
	var b strings.Builder
	b.WriteString(p.Machine)
	b.WriteByte('\\')
	switch {
	case p.System:
		b.WriteString(systemWord)
	case p.Private:
		b.WriteString(PrivatePrefix)
	}
	b.WriteString(p.Queue)
	switch {
	case p.Suffix != SuffixNone:
		b.WriteByte(';')
		b.WriteString(strings.ToLower(p.Suffix.String()))
	case p.Subqueue != "":
		b.WriteByte(';')
		b.WriteString(p.Subqueue)
	}
	return b.String()
}

// MarshalText makes a path name a JSON string; empty for none.
func (p PathName) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (p *PathName) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*p = PathName{}
		return nil
	}
	v, err := ParsePathName(string(b))
	if err == nil {
		*p = v
	}
	return err
}
