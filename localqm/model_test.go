package localqm_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// model is what a queue manager must do, written down as plainly as possible:
// queues are slices kept in order of priority, then arrival.
type model struct {
	queues map[string][]item
	txns   []*modelTx
	seq    int
}

type item struct {
	label    string
	priority uint8
	seq      int
	express  bool
	aborts   int
	locked   *modelTx
	purge    bool
}

type modelTx struct {
	real  *localqm.Transaction
	sends []send
}

type send struct{ queue, label string }

func (m *model) put(queue string, it item) {
	m.seq++
	it.seq = m.seq
	m.insert(queue, it)
}

func (m *model) insert(queue string, it item) {
	q := m.queues[queue]
	at := len(q)
	for i, o := range q {
		if o.priority < it.priority || o.priority == it.priority && o.seq > it.seq {
			at = i
			break
		}
	}
	m.queues[queue] = slices.Insert(q, at, it)
}

// first is the index of the first available item, or -1.
func (m *model) first(queue string) int {
	return slices.IndexFunc(m.queues[queue], func(it item) bool { return it.locked == nil })
}

func (m *model) labels(queue string) (out []string) {
	for _, it := range m.queues[queue] {
		out = append(out, it.label)
	}
	return out
}

// TestQueueRulesAgreeWithThePlainModel drives both with the same random work
// and compares everything that shows after each step.
func TestQueueRulesAgreeWithThePlainModel(t *testing.T) {
	for _, kind := range qmtest.Kinds {
		t.Run(kind.Name, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) { agree(t, r, kind) })
		})
	}
}

const (
	plain   = "plain"
	xact    = "xact"
	xactSub = "xact;later"
)

func agree(t *testing.T, r *rapid.T, kind qmtest.Kind) {
	t.Run("", func(t *testing.T) { // folders and handles end with each case
		q := qmtest.Start(t, kind)
		sound(t, q)
		q.Create(plain, localqm.QueueSpec{})
		q.Create(xact, trans)
		q.Create(xactSub, localqm.QueueSpec{})
		m := &model{queues: map[string][]item{}}
		steps := 0
		label := func() string { steps++; return fmt.Sprint("m", steps) }
		queue := rapid.SampledFrom([]string{plain, xact, xactSub})
		r.Repeat(map[string]func(*rapid.T){
			"send": func(r *rapid.T) {
				it := item{label: label(), priority: rapid.Uint8Range(0, 7).Draw(r, "priority"), express: rapid.Bool().Draw(r, "express")}
				q.Send(plain, message(it.label, func(x *mq.Message) {
					x.Priority = it.priority
					if it.express {
						x.Delivery = mq.Express
					}
				}))
				m.put(plain, it)
			},
			"receive": func(r *rapid.T) {
				name := queue.Draw(r, "queue")
				d, err := q.Open(name, localqm.ReceiveAccess).Read(ctx, localqm.ReadOptions{})
				at := m.first(name)
				if at < 0 {
					want(t, err, mq.ErrIOTimeout)
					return
				}
				ok(t, err)
				it := m.queues[name][at]
				if d.Message.Label != it.label || int(d.Row.Aborts) != it.aborts {
					t.Fatalf("received %s aborted %d times, want %+v", d.Message.Label, d.Row.Aborts, it)
				}
				m.queues[name] = slices.Delete(m.queues[name], at, at+1)
			},
			"begin": func(*rapid.T) {
				if len(m.txns) < 3 {
					m.txns = append(m.txns, &modelTx{real: begin(t, q)})
				}
			},
			"send in a transaction": func(r *rapid.T) {
				tx := m.draw(r)
				l := label()
				_, err := q.Open(xact, localqm.SendAccess).Send(ctx, tx.real, message(l, nil))
				ok(t, err)
				tx.sends = append(tx.sends, send{xact, l})
			},
			"receive in a transaction": func(r *rapid.T) {
				tx := m.draw(r)
				name := rapid.SampledFrom([]string{xact, xactSub}).Draw(r, "queue")
				d, err := q.Open(name, localqm.ReceiveAccess).Read(ctx, localqm.ReadOptions{Tx: tx.real})
				at := m.first(name)
				if at < 0 {
					want(t, err, mq.ErrIOTimeout)
					return
				}
				ok(t, err)
				if d.Message.Label != m.queues[name][at].label {
					t.Fatalf("received %s, want %+v", d.Message.Label, m.queues[name][at])
				}
				m.queues[name][at].locked = tx
			},
			"commit": func(r *rapid.T) { m.end(t, m.draw(r), true) },
			"abort":  func(r *rapid.T) { m.end(t, m.draw(r), false) },
			"purge": func(r *rapid.T) {
				name := queue.Draw(r, "queue")
				_, err := q.Purge(ctx, qmtest.Owner, qmtest.Name(t, name))
				ok(t, err)
				m.queues[name] = slices.DeleteFunc(m.queues[name], func(it item) bool { return it.locked == nil })
				for i := range m.queues[name] {
					m.queues[name][i].purge = true
				}
			},
			"move": func(r *rapid.T) {
				from, to := xact, xactSub
				if rapid.Bool().Draw(r, "back") {
					from, to = to, from
				}
				at := m.first(from)
				if at < 0 {
					return
				}
				it := m.queues[from][at]
				for _, d := range q.Browsed(from) {
					if d.Message.Label == it.label {
						res, err := q.MoveMessages(ctx, qmtest.Owner, qmtest.Name(t, from), qmtest.Name(t, to), []uint64{d.Lookup})
						ok(t, err)
						ok(t, res[0].Err)
					}
				}
				m.queues[from] = slices.Delete(m.queues[from], at, at+1)
				m.insert(to, it)
			},
			"restart": func(*rapid.T) {
				q.Restart()
				m.txns = nil
				for name := range m.queues {
					m.queues[name] = slices.DeleteFunc(m.queues[name], func(it item) bool { return it.express })
					for i := range m.queues[name] {
						m.queues[name][i].locked, m.queues[name][i].purge = nil, false
					}
				}
			},
			"": func(*rapid.T) {
				for _, name := range []string{plain, xact, xactSub} {
					same(t, name, q.Labels(name), m.labels(name))
					if n := count(t, q, name).Messages; n != int64(len(m.queues[name])) {
						t.Fatalf("%s counts %d, holds %d", name, n, len(m.queues[name]))
					}
				}
			},
		})
	})
}

// draw picks a transaction, or skips.
func (m *model) draw(r *rapid.T) *modelTx {
	if len(m.txns) == 0 {
		r.Skip("no transaction")
	}
	return rapid.SampledFrom(m.txns).Draw(r, "transaction")
}

func (m *model) end(t *testing.T, tx *modelTx, commit bool) {
	if commit {
		ok(t, tx.real.Commit(ctx))
	} else {
		ok(t, tx.real.Abort(ctx))
	}
	m.txns = slices.DeleteFunc(m.txns, func(o *modelTx) bool { return o == tx })
	for name := range m.queues {
		m.queues[name] = slices.DeleteFunc(m.queues[name], func(it item) bool {
			return it.locked == tx && (commit || it.purge)
		})
		for i, it := range m.queues[name] {
			if it.locked == tx {
				m.queues[name][i].locked = nil
				m.queues[name][i].aborts++
			}
		}
	}
	if commit {
		for _, s := range tx.sends {
			m.put(s.queue, item{label: s.label})
		}
	}
}
