package queueforms

import (
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/screen"
)

// Choice asks for a queue.
type Choice struct {
	Title string // "Move 3 messages"
	Icon  string
	Do    string // the button: "Move"
	Node  string
	// From is the queue the messages are in: it is not offered itself, its
	// subqueues are.
	From string
	// Transactional, if set, says what the messages are: queues of the other
	// kind are marked.
	Transactional *bool
	// Hint says what follows from a choice; nil: nothing to say.
	Hint func(path string) string
	// Typed allows names that are not in the list.
	Typed bool
	Then  func(path string)
}

// target is a queue one can choose.
type target struct {
	path, name, label string
	transactional     bool
	sub               bool
	messages          int64
}

// chooser is the decisions of the dialog.
type chooser struct {
	Choice
	all    []target
	shown  []target
	filter string
	chosen string // path name
}

func newChooser(h screen.Host, c Choice) *chooser {
	k := &chooser{Choice: c}
	for _, q := range h.Feed().Of(c.Node).Queues {
		k.add(q)
	}
	k.find("")
	return k
}

// add offers a queue and, for the messages of that queue, its subqueues.
func (k *chooser) add(q mgmtclient.Queue) {
	from, _ := mq.ParsePathName(k.From)
	path, err := mq.ParsePathName(q.PathName)
	if err != nil {
		return
	}
	own := from.Parent().Equal(path)
	t := target{path: q.PathName, name: path.Queue, label: q.Label, transactional: q.Transactional, messages: q.Messages}
	if !from.Equal(path) {
		k.all = append(k.all, t)
	}
	if !own || from.Suffix != mq.SuffixNone {
		return
	}
	for _, s := range q.Subqueues {
		p := path
		p.Subqueue = s
		if !p.Equal(from) {
			k.all = append(k.all, target{path: p.String(), name: path.Queue + ";" + s, label: "subqueue", transactional: q.Transactional, sub: true, messages: -1})
		}
	}
}

// find keeps what a text occurs in.
func (k *chooser) find(text string) {
	k.filter = strings.TrimSpace(text)
	want := strings.ToLower(k.filter)
	k.shown = nil
	for _, t := range k.all {
		if strings.Contains(strings.ToLower(t.name), want) || strings.Contains(strings.ToLower(t.label), want) {
			k.shown = append(k.shown, t)
		}
	}
	if !slices.ContainsFunc(k.shown, func(t target) bool { return t.path == k.chosen }) {
		k.chosen = ""
	}
	if k.chosen == "" && len(k.shown) == 1 {
		k.chosen = k.shown[0].path
	}
}

// result is the path that Do would hand on; "" none. A text that finds queues
// is a search and not a name, unless it looks like one.
func (k *chooser) result() string {
	if k.chosen != "" || !k.Typed || k.filter == "" || len(k.shown) > 0 && !strings.ContainsAny(k.filter, `\=;`) {
		return k.chosen
	}
	if _, err := mq.ParseQueue(k.filter); err != nil {
		return ""
	}
	return k.filter
}

// fits reports whether a queue takes the messages.
func (k *chooser) fits(t target) bool {
	return k.Transactional == nil || t.transactional == *k.Transactional
}

// remark says what follows from the choice.
func (k *chooser) remark() string {
	path := k.result()
	if path == "" {
		return ""
	}
	if k.Hint != nil {
		return k.Hint(path)
	}
	return ""
}

// within reports whether two path names are a queue and its subqueue, or two
// subqueues of one queue: a move between them keeps ids and order.
func within(from, to string) bool {
	a, errA := mq.ParsePathName(from)
	b, errB := mq.ParsePathName(to)
	return errA == nil && errB == nil && a.Suffix == mq.SuffixNone && b.Suffix == mq.SuffixNone &&
		!a.System && a.Parent().Equal(b.Parent())
}

// MoveHint says what a move between two queues does to the messages.
func MoveHint(from, to string) string {
	if within(from, to) {
		return "Messages keep their IDs and their order."
	}
	return "Each message is received and sent anew in one transaction: it gets a new ID."
}
