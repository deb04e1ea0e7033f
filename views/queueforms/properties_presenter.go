package queueforms

import (
	"context"
	"fmt"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/screen"
)

// facts are a queue and what stands around it, as asked when the form opened.
type facts struct {
	queue   mgmtclient.Queue
	machine mgmtclient.Machine
	perms   mgmtclient.Permissions
	permErr error  // why the permissions are not shown
	sddl    string // the permissions as SDDL; "" if they are not told so
}

// askFacts asks for everything the form shows.
func askFacts(ctx context.Context, n mgmtclient.Node, queue string) (facts, error) {
	var f facts
	var err error
	if f.queue, err = n.Queue(ctx, queue); err != nil {
		return f, err
	}
	if f.machine, err = n.Machine(ctx); err != nil {
		return f, err
	}
	if guard, ok := mgmtclient.Can[mgmtclient.Guard](n); ok && editable(f.queue) {
		if f.perms, f.permErr = guard.Permissions(ctx, f.queue.PathName); f.permErr == nil {
			f.sddl, _ = guard.ACL(ctx, f.queue.PathName)
		}
	} else {
		f.permErr = screen.Refusal(n, "read the permissions", mgmtclient.CanGuard)
	}
	return f, nil
}

// editable reports whether a queue has properties of its own: parts of queues
// and the system's queues do not.
func editable(q mgmtclient.Queue) bool {
	p, err := mq.ParsePathName(q.PathName)
	return err == nil && !p.System && p.Subqueue == "" && p.Suffix == mq.SuffixNone && q.Location != mq.LocationRemote && !q.Hidden
}

// edit is the form's state.
type edit struct {
	facts
	node screen.Node

	label, typeID string
	limit         bool
	limitKB       int64
	journal       bool
	journalLimit  bool
	journalKB     int64
	signed        bool
	privacy       string
	guard         guarding
}

func newEdit(n screen.Node, f facts) *edit {
	e := &edit{node: n, facts: f, guard: newGuarding(f.perms)}
	e.revert()
	return e
}

// revert puts everything back as it was read.
func (e *edit) revert() {
	q := e.queue
	e.label, e.typeID = q.Label, q.ServiceType.String()
	e.limit, e.limitKB = q.QuotaKB != nil, 102_400
	if e.limit {
		e.limitKB = int64(*q.QuotaKB)
	}
	e.journal, e.journalLimit, e.journalKB = q.Journal, q.JournalQuotaKB != nil, 51_200
	if e.journalLimit {
		e.journalKB = int64(*q.JournalQuotaKB)
	}
	e.signed, e.privacy = q.Authenticate, q.PrivacyLevel
	e.guard.revert()
}

// settings are the properties that differ from those read.
func (e *edit) settings() (s mgmtclient.QueueSettings, some bool) {
	q := e.queue
	if e.label != q.Label {
		s.Label, some = &e.label, true
	}
	if g, err := mq.ParseGUID(e.typeID); err == nil && g != q.ServiceType {
		s.ServiceType, some = &g, true
	}
	if now := limited(e.limit, e.limitKB); !sameQuota(now, q.QuotaKB) {
		s.Quota, some = &mgmtclient.Quota{KB: now}, true
	}
	if e.journal != q.Journal {
		s.Journal, some = &e.journal, true
	}
	if now := limited(e.journalLimit, e.journalKB); !sameQuota(now, q.JournalQuotaKB) {
		s.JournalQuota, some = &mgmtclient.Quota{KB: now}, true
	}
	if e.signed != q.Authenticate {
		s.Authenticate, some = &e.signed, true
	}
	if e.privacy != q.PrivacyLevel {
		s.PrivacyLevel, some = &e.privacy, true
	}
	return s, some
}

func limited(on bool, kb int64) *uint32 {
	if !on {
		return nil
	}
	v := uint32(kb)
	return &v
}

func sameQuota(a, b *uint32) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// guardChanged reports whether the permissions are to be set.
func (e *edit) guardChanged() bool { return e.permErr == nil && e.guard.changed() }

// changed reports whether there is anything to apply.
func (e *edit) changed() bool {
	_, some := e.settings()
	return some || e.guardChanged() || e.typeFault() != ""
}

// typeFault says why the type ID will not do.
func (e *edit) typeFault() string {
	if _, err := mq.ParseGUID(e.typeID); err != nil {
		return "Not a GUID: 32 hex digits in five groups"
	}
	return ""
}

// valid reports whether what was typed can be sent.
func (e *edit) valid() bool {
	return labelFault(e.label) == "" && e.typeFault() == ""
}

// danger is what a change does to those who send: bold words and the rest; ""
// if nobody is locked out.
func (e *edit) danger() (bold, text string) {
	switch {
	case e.guard.anonymousOut():
		return "No other computer could send here any more", "Messages from other computers come unsigned, so they count as anonymous. Their next ones would become dead letters there."
	case e.signed && !e.queue.Authenticate:
		return "No unsigned message gets in any more", "Senders that do not sign, which is how most send, are refused; their messages become dead letters."
	}
	if out := e.guard.lockedOut(); len(out) > 0 {
		return strings.Join(out, ", ") + " could send here and no longer can", "What they send next is refused, unless a group that they are in may send."
	}
	return "", ""
}

// halfDone is the error of an apply of which the first half is done.
type halfDone struct{ error }

func (h halfDone) Unwrap() error { return h.error }

// apply sets what was changed. The properties come first; an error about the
// permissions afterwards is a halfDone.
func (e *edit) apply(ctx context.Context) (struct{}, error) {
	var none struct{}
	s, some := e.settings()
	if some {
		admin, ok := mgmtclient.Can[mgmtclient.QueueAdmin](e.node.Client)
		if !ok {
			return none, e.node.Refuse("change queue "+e.queue.PathName, mgmtclient.CanAdmin)
		}
		if _, err := admin.SetQueue(ctx, e.queue.PathName, s); err != nil {
			return none, err
		}
	}
	if !e.guardChanged() {
		return none, nil
	}
	guard, ok := mgmtclient.Can[mgmtclient.Guard](e.node.Client)
	err := e.node.Refuse("change the permissions", mgmtclient.CanGuard)
	if ok {
		err = guard.SetPermissions(ctx, e.queue.PathName, e.guard.wanted())
	}
	if err != nil && some {
		return none, halfDone{err}
	}
	return none, err
}

// used is a part of a limit in words and as 0 to 1.
func used(bytes int64, kb *uint32) (part float64, text string) {
	if kb == nil || *kb == 0 {
		return -1, screen.Size(bytes)
	}
	part = float64(bytes) / (float64(*kb) * 1024)
	return part, fmt.Sprintf("%s, %s", screen.Size(bytes), screen.Percent(part))
}
