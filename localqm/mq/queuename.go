package mq

import "strings"

// QueueName is a queue as a person names it: by path name or by format name;
// one of the two is set. The zero value is no name.
type QueueName struct {
	Path   PathName
	Format FormatName
}

// ParseQueue reads a person's queue argument: a path name, a format name, or
// the name of a private queue of this computer alone (orders, orders;poison,
// orders;journal, private$\orders). Spaces around it are dropped. The error is
// an *Error with MQ_ERROR_ILLEGAL_FORMATNAME or _ILLEGAL_QUEUE_PATHNAME.
func ParseQueue(s string) (QueueName, error) {
	t := strings.TrimSpace(s)
	if looksLikeFormatName(t) {
		f, err := ParseFormatName(t)
		return QueueName{Format: f}, err
	}
	p, bad := parsePath(expand(t))
	if bad != nil {
		return QueueName{}, bad.refuse(ErrIllegalQueuePathname, "queue name", s)
	}
	return QueueName{Path: p}, nil
}

// expand adds this computer, and private$ to a name that stands alone.
func expand(s string) string {
	if rest, ok := cutWord(s, systemWord); ok && strings.HasPrefix(rest, ";") {
		return `.\` + s
	}
	if _, ok := cutWord(s, PrivatePrefix); ok {
		return `.\` + s
	}
	if s == "" || strings.Contains(s, `\`) {
		return s
	}
	return `.\` + PrivatePrefix + s
}

// IsZero reports whether there is no name.
func (q QueueName) IsZero() bool { return q.Path.IsZero() && q.Format.IsZero() }

// FormatName is the name to send to or to open: the format name given, or the
// path name as DIRECT=OS.
func (q QueueName) FormatName() FormatName {
	if !q.Format.IsZero() {
		return q.Format
	}
	return q.Path.Direct()
}

// PathName is the path name given, or the one inside a direct format name.
func (q QueueName) PathName() (PathName, bool) {
	if !q.Format.IsZero() {
		return q.Format.PathName()
	}
	return q.Path, !q.Path.IsZero()
}

// Equal reports whether both are written the same, case ignored.
func (q QueueName) Equal(r QueueName) bool { return q.Path.Equal(r.Path) && q.Format.Equal(r.Format) }

// String is the canonical form of the one that is set.
func (q QueueName) String() string {
	if !q.Format.IsZero() {
		return q.Format.String()
	}
	return q.Path.String()
}

// MarshalText makes a queue name a JSON string; empty for none.
func (q QueueName) MarshalText() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (q *QueueName) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*q = QueueName{}
		return nil
	}
	v, err := ParseQueue(string(b))
	if err == nil {
		*q = v
	}
	return err
}
