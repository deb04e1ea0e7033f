package localqm

import (
	"context"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// mostTargets is how many queues one name may stand for: every message is sent once
// to each.
const mostTargets = 1000

// publicElsewhere reports whether a public format name is that of another computer's
// queue, as far as that is known without asking: what is not ours, in a forest.
// Called with mu held.
func (m *QueueManager) publicElsewhere(f mq.FormatName) bool {
	if m.publics[f.GUID] != nil || m.standing().Mode == Workgroup {
		return false
	}
	owner := m.ownerOf(mq.Public(f.GUID))
	return owner.IsZero() || !m.ours(owner)
}

// findPublic finds a public queue of this computer by its identifier. Called with mu
// held.
func (m *QueueManager) findPublic(op string, f mq.FormatName) (*queue, error) {
	if q := m.publics[f.GUID]; q != nil {
		return m.part(op, q, f.Subqueue, f.Suffix)
	}
	if m.standing().Mode == Workgroup {
		return nil, mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op,
			"%s is a public queue, and this queue manager works without a directory", f).
			WithFix("name the queue directly: DIRECT=OS:computer\\queue")
	}
	if m.publicElsewhere(f) {
		return nil, m.elsewhere(op, f.String())
	}
	return nil, m.notFound(op, f.String(), "")
}

// isPublic reports the name of a public queue, or of a part of one.
func isPublic(name mq.QueueName) bool {
	if f := name.Format; !f.IsZero() {
		return f.Kind == mq.KindPublic
	}
	p := name.Path
	return !p.IsZero() && !p.Private && !p.System
}

// meant is a name as it can be looked up here. The path name of a public queue of
// another computer becomes its public format name, and public queues of ours that
// only the directory has are taken over. found is what the directory said, if it was
// asked. Called without locks.
func (m *QueueManager) meant(ctx context.Context, op string, name mq.QueueName) (_ mq.QueueName, found PublicQueue, err error) {
	d := m.directory()
	if d == nil || !isPublic(name) {
		return name, found, nil
	}
	mode := d.State().Mode
	m.mu.Lock()
	known, ours := m.knows(name)
	m.mu.Unlock()
	if known || mode == Workgroup || ours && mode == Offline {
		return name, found, nil
	}
	found, err = d.Find(ctx, m.whole(name))
	byID := !name.Format.IsZero()
	switch code := mq.CodeOf(err); {
	case err != nil && byID && code == mq.ErrNoDS:
		return name, found, nil // it waits until the directory tells whose it is
	case err != nil && ours && code == mq.ErrQueueNotFound:
		return name, found, nil // it will be missed here, in the words for our own
	case err != nil && code == mq.ErrNoDS:
		if f, known := m.waitsFor(name); known {
			return f, found, nil
		}
		return name, found, mq.Errorf(code, op, "whether %s is a public queue only the directory tells, and it cannot be asked: %w", name, err).
			WithFix("try again when it answers, or name the queue directly: %s", name.Path.Direct())
	case err != nil:
		return name, found, tried(op, err)
	case m.ours(found.Machine):
		_, err := m.follow(ctx, op, found)
		return name, found, err
	case !byID && name.Path.Subqueue != "":
		return name, found, mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "%s is a subqueue of another computer's queue", name).
			WithFix("name it directly: %s", name.Path.Direct())
	case !byID:
		f := mq.Public(found.ID)
		f.Suffix = name.Path.Suffix
		return mq.QueueName{Format: f}, found, nil
	}
	return name, found, nil
}

// knows reports whether a public name needs no directory: its queue is here, or
// something waits for it; and whether its computer is this one. Called with mu held.
func (m *QueueManager) knows(name mq.QueueName) (known, ours bool) {
	if f := name.Format; !f.IsZero() {
		q := m.queues[key(store.Outgoing, mq.Public(f.GUID).String())]
		return m.publics[f.GUID] != nil || q != nil && !q.gone, false
	}
	p := name.Path
	if !m.names[strings.ToLower(p.Machine)] {
		return false, false
	}
	q := m.queues[key(store.Public, p.Queue)]
	return q != nil && !q.gone, true
}

// waitsFor is the public format name of the queue with a path name, if something waits
// here for it.
func (m *QueueManager) waitsFor(name mq.QueueName) (mq.QueueName, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, q := range m.queues {
		if q.out != nil && !q.gone && q.format.Kind == mq.KindPublic && strings.EqualFold(q.info.Label, name.Path.String()) {
			return mq.QueueName{Format: q.format}, true
		}
	}
	return name, false
}

// whole is the queue that a name, or a part of it, is of, as other computers name it.
func (m *QueueManager) whole(name mq.QueueName) mq.QueueName {
	if !name.Format.IsZero() {
		return mq.QueueName{Format: mq.Public(name.Format.GUID)}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p := name.Path.Parent()
	p.Suffix = mq.SuffixNone
	if m.names[strings.ToLower(p.Machine)] {
		p.Machine = m.self.Name
	}
	return mq.QueueName{Path: p}
}

// PathOf is the path name of a queue that a format name means (Get Queue Path,
// MS-MQDMPR 3.1.7.1.26). That of another computer's queue only its direct name
// tells, or the directory (MQ_ERROR_NO_DS without it).
func (m *QueueManager) PathOf(ctx context.Context, f mq.FormatName) (mq.PathName, error) {
	op := "find the path name of " + f.String()
	if p, ok := f.PathName(); ok {
		return p, nil
	}
	if f.Kind != mq.KindPublic || m.standing().Mode == Workgroup {
		return mq.PathName{}, mq.Errorf(mq.ErrNoDS, op, "which computer it is on only a directory can tell").
			WithFix("use a direct format name")
	}
	q, err := m.readPublic(ctx, op, f.GUID)
	if err != nil {
		return mq.PathName{}, err
	}
	return mq.PathName{Machine: q.Computer, Queue: q.Queue, Suffix: f.Suffix}, nil
}

// targets are the names that a list of names stands for, each once (Expand Format
// Name, MS-MQDMPR 3.1.7.3.8). Called without locks.
func (m *QueueManager) targets(ctx context.Context, op string, elements []mq.FormatName) (all []mq.FormatName, err error) {
	seen := map[string]bool{}
	for _, e := range elements {
		list := []mq.FormatName{e}
		if e.Kind == mq.KindDistribution {
			d, err := m.asking(op)
			if mq.CodeOf(err) == mq.ErrUnsupportedOperation {
				return nil, mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "%s is a list in a directory, and this queue manager works without one", e).
					WithFix("name its queues one by one, separated by commas")
			}
			if err != nil {
				return nil, err
			}
			if list, err = d.Expand(ctx, e.GUID); err != nil {
				return nil, tried(op, err)
			}
		}
		for _, f := range list {
			if f.Kind == mq.KindDistribution || f.Kind == mq.KindMulti {
				return nil, mq.Errorf(mq.ErrIllegalFormatName, op, "the directory says that %s stands for another list, %s", e, f)
			}
			if !seen[f.Key()] {
				seen[f.Key()] = true
				all = append(all, f)
			}
		}
		if len(all) > mostTargets {
			return nil, mq.Errorf(mq.ErrInsufficientResources, op, "the list stands for %d queues or more, and a message can be sent to %d at once",
				len(all), mostTargets).WithFix("send to parts of it")
		}
	}
	if len(all) == 0 {
		return nil, mq.Errorf(mq.ErrQueueNotFound, op, "the list is empty").WithFix("add queues to it")
	}
	return all, nil
}
