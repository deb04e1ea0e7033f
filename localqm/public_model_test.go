package localqm_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
	"posthouse/localqm/store/memory"
)

// TestPublicQueuesAgreeWithTheDirectory changes public queues from both sides while the
// directory and the store fail at random. After the directory was read, both have the
// same, and a queue that nobody deleted has kept its messages.
func TestPublicQueuesAgreeWithTheDirectory(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		t.Run("", func(t *testing.T) { agreePublic(t, r) })
	})
}

func agreePublic(t *testing.T, r *rapid.T) {
	q := qmtest.Start(t, qmtest.Memory)
	sound(t, q)
	f := qmtest.NewForest()
	member := f.Join(q.QueueManager)
	sent := map[mq.GUID]int{} // messages in queues that were not deleted
	labels, refuse, full := 0, "", false
	f.Hook(func(what string) error {
		if refuse != "" && strings.HasPrefix(what, refuse) {
			return mq.Errorf(mq.ErrAccessDenied, "", "refused")
		}
		return nil
	})
	names := rapid.SampledFrom([]string{"a", "B", "c"})
	find := func(name string) (found localqm.PublicQueue, there bool) {
		for _, p := range f.Queues("TEST") {
			if strings.EqualFold(p.Queue, name) {
				return p, true
			}
		}
		return found, false
	}
	here := func(name string) (id mq.GUID) {
		for _, p := range q.PublicQueues() {
			if i, err := q.Queue(ctx, qmtest.Owner, mq.QueueName{Format: mq.Public(p)}); err == nil && strings.EqualFold(i.Queue.Name, name) {
				id = p
			}
		}
		return id
	}
	broken := func(err error) bool {
		return full && mq.CodeOf(err) == mq.ErrMessageStorageFailed || refuse != "" && mq.CodeOf(err) == mq.ErrAccessDenied
	}
	heal := func(t *testing.T) {
		refuse, full = "", false
		q.Store.(*memory.Store).Fault(nil)
		ok(t, member.Heal(ctx))
		maps.DeleteFunc(sent, func(id mq.GUID, _ int) bool { return !slices.Contains(q.PublicQueues(), id) })
	}
	r.Repeat(map[string]func(*rapid.T){
		"create": func(r *rapid.T) {
			name := names.Draw(r, "name")
			_, was := find(name)
			stale := !here(name).IsZero()
			labels++
			i, err := q.CreateQueue(ctx, qmtest.Owner, qmtest.Name(t, `.\`+name), localqm.QueueSpec{Label: ptr(fmt.Sprint(labels))})
			switch p, there := find(name); {
			case err == nil && (was || p.ID != i.Queue.ID):
				t.Fatalf("created %+v, the directory has %+v", i.Queue, p)
			case err != nil && !broken(err) && !was && !stale:
				t.Fatalf("create: %v, there: %v", err, there)
			}
		},
		"set": func(r *rapid.T) {
			name := names.Draw(r, "name")
			labels++
			i, err := q.SetQueue(ctx, qmtest.Owner, qmtest.Name(t, `.\`+name), localqm.QueueSpec{Label: ptr(fmt.Sprint(labels))})
			if p, _ := find(name); err == nil && (*p.Spec.Label != i.Queue.Label || i.Queue.Label != fmt.Sprint(labels)) {
				t.Fatalf("here %q, there %q", i.Queue.Label, *p.Spec.Label)
			}
		},
		"delete": func(r *rapid.T) {
			name := names.Draw(r, "name")
			id := here(name)
			err := q.DeleteQueue(ctx, qmtest.Owner, qmtest.Name(t, `.\`+name))
			if p, there := find(name); err == nil && there && (id.IsZero() || p.ID == id) {
				t.Fatal("deleted, and the directory has it")
			}
		},
		"send": func(r *rapid.T) {
			p, there := find(names.Draw(r, "name"))
			if !there {
				return
			}
			h, err := q.OpenQueue(ctx, qmtest.Owner, mq.QueueName{Format: mq.Public(p.ID)}, localqm.SendAccess, localqm.DenyNone)
			if err == nil {
				_, err = h.Send(ctx, nil, qmtest.Message("m"))
				h.Close()
			}
			if err == nil {
				sent[p.ID]++
			}
		},
		"another tool changes": func(r *rapid.T) {
			labels++
			f.Put("TEST", names.Draw(r, "name"), localqm.QueueSpec{Label: ptr(fmt.Sprint(labels))})
		},
		"another tool deletes": func(r *rapid.T) {
			if p, there := find(names.Draw(r, "name")); there {
				f.Remove(p.ID)
			}
		},
		"the directory refuses": func(r *rapid.T) {
			refuse = rapid.SampledFrom([]string{"", "create", "change", "delete", "find"}).Draw(r, "what")
		},
		"the disk is full": func(*rapid.T) {
			full = true
			q.Store.(*memory.Store).Fault(func(s *store.Step) error {
				for _, op := range s.Ops {
					switch op.(type) {
					case *store.CreateQueue, *store.UpdateQueue, *store.Put:
						return store.ErrFull
					}
				}
				return nil
			})
		},
		"restart": func(*rapid.T) {
			q.Store.(*memory.Store).Fault(nil)
			full = false
			q.Restart()
			member = f.Join(q.QueueManager)
		},
		"read again": func(*rapid.T) {
			heal(t)
			there := f.Queues("TEST")
			if here := q.PublicQueues(); len(here) != len(there) {
				t.Fatalf("here %v, there %v", here, there)
			}
			for _, p := range there {
				i, err := q.Queue(ctx, qmtest.Owner, mq.QueueName{Format: mq.Public(p.ID)})
				ok(t, err)
				label := ""
				if p.Spec.Label != nil {
					label = *p.Spec.Label
				}
				if i.Queue.Label != label || i.Count.Messages != int64(sent[p.ID]) {
					t.Fatalf("%s: label %q with %d messages here; %q, and %d were sent", p.Queue, i.Queue.Label, i.Count.Messages, label, sent[p.ID])
				}
			}
		},
	})
	heal(t)
}
