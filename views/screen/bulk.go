package screen

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/theme"
)

// batch is how many messages are asked for at once: Cancel stops after it.
const batch = 50

// Item is one message or queue of a Bulk, with the label it is known by.
type Item struct {
	ID    mgmtclient.LookupID
	Label string
	OldID string // of a message that may get a new one
	NewID string // the one it got
	Err   string // why it failed; "" it did not
	Code  mq.HResult
	Done  bool
}

// Bulk does something to chosen messages, or other things, in batches, as a
// Job, and records the honest result, one by one.
type Bulk struct {
	Icon  string
	Node  string // the computer of all items; "" several
	Title string // of the card: "Returning messages to invoices.in"
	Verb  string // of one result: "returned"
	Noun  string // of one item; "message" if empty
	// What is the line of the recent actions, given how many it was done to:
	// "Deleted 12 messages from orders.error".
	What  func(done int64) string
	Items []Item
	Do    func(ctx context.Context, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error)
	// Show shows what became of each item at the end if one failed or was sent
	// anew; otherwise the recent actions lead there.
	Show bool
	// Undo makes the undo of what was done; nil: there is none.
	Undo func(done []Item) func()
	// Then runs at the end with every item.
	Then func(items []Item)
}

// Run starts it.
func (b Bulk) Run(h Host) {
	items := slices.Clone(b.Items)
	h.Job(Job{
		Icon: b.Icon, Node: b.Node, Title: b.Title, Total: int64(len(items)), Verb: b.Verb,
		Hint: fmt.Sprintf("Cancel stops after this batch of %d.\nWhat is done stays done.", batch),
		Run:  func(run *JobRun) error { return b.run(run, items) },
		Then: func(p Progress, err error) { b.ended(h, items, p, err) },
	})
}

func (b Bulk) run(run *JobRun, items []Item) error {
	for part := range slices.Chunk(items, batch) {
		if run.Context().Err() != nil {
			return nil
		}
		ids := make([]mgmtclient.LookupID, len(part))
		for i := range part {
			ids[i] = part[i].ID
		}
		results, err := b.Do(run.Context(), ids)
		var ok, failed int64
		note := ""
		for i, r := range results[:min(len(results), len(part))] {
			part[i].Done = true
			if r.Error == "" {
				part[i].NewID = r.NewID
				ok++
				continue
			}
			failed++
			part[i].Err, part[i].Code = shortReason(r), r.Code
			note = part[i].Err
		}
		run.Add(ok, failed, note)
		if err != nil {
			if run.Context().Err() != nil {
				return nil
			}
			return err
		}
	}
	return nil
}

// shortReason is why an item failed, in the fewest words.
func shortReason(r mgmtclient.ItemResult) string {
	switch r.Code {
	case mq.ErrMessageNotFound:
		return "already taken by a reader"
	case mq.ErrMessageAlreadyReceived:
		return "being read right now"
	case mq.ErrInsufficientResources:
		return "queue full, stays here"
	case mq.ErrServiceNotAvailable, mq.ErrUnsupportedOperation:
		return r.Error // of the computer, not of the item
	}
	if t := r.Code.Text(); t != "" {
		return t
	}
	return r.Error
}

func (b Bulk) ended(h Host, items []Item, p Progress, err error) {
	total := int64(len(items))
	a := Action{What: b.What(p.OK), Result: fmt.Sprintf("%s of %s", Count(p.OK), Count(total)), Tone: kit.Success}
	if p.OK < total {
		a.Tone = kit.Warning
		if p.OK == 0 && !p.Stopped {
			a.Tone = kit.Danger
		}
	}
	noun := cmp.Or(b.Noun, "message")
	if renamed := slices.ContainsFunc(items, func(i Item) bool { return i.NewID != "" }); renamed || p.OK < total {
		were := "were"
		if total == 1 {
			were = "was"
		}
		title := fmt.Sprintf("%s of %s %s %s", Count(p.OK), Many(total, noun), were, b.Verb)
		a.Details = func() { ShowResults(h, title, items) }
	}
	if b.Undo != nil && p.OK > 0 {
		a.Undo = b.Undo(slices.DeleteFunc(slices.Clone(items), func(i Item) bool { return !i.Done || i.Err != "" }))
	}
	h.Done(a)
	if err != nil {
		h.Fail(Sentence(strings.TrimSuffix(a.What, "."))+" Then it failed", err)
	} else if b.Show && a.Details != nil && !p.Stopped {
		a.Details()
	}
	if b.Then != nil {
		b.Then(items)
	}
}

// ShowResults shows what became of each item, the failed ones first, with the
// old and new IDs of messages that were sent anew.
func ShowResults(h Host, title string, items []Item) {
	failed := slices.DeleteFunc(slices.Clone(items), func(i Item) bool { return i.Err == "" && i.Done })
	done := slices.DeleteFunc(slices.Clone(items), func(i Item) bool { return i.Err != "" || !i.Done })
	rows := &results{items: failed, ids: slices.ContainsFunc(items, func(i Item) bool { return i.NewID != "" })}
	chosen, icon, ink := "failed", "warning-fill", theme.Warning
	if len(failed) == 0 {
		chosen, icon, ink, rows.items = "done", "check-circle", theme.Success, done
	}
	grid, wide := kit.NewGrid(rows, kit.Column{Key: "label"}, kit.Column{Key: "why", Width: 232, Kind: kit.KindMuted}).NoHeader(), float32(512)
	if rows.ids {
		grid, wide = kit.NewGrid(rows, kit.Column{Key: "label", Title: "Label"},
			kit.Column{Key: "old", Title: "Old ID", Width: 208, Kind: kit.KindMono, Cut: kit.Middle},
			kit.Column{Key: "why", Title: "New ID", Width: 208, Kind: kit.KindMono, Cut: kit.Middle}), 720
	}
	seg := kit.NewSegmented([]kit.Choice{
		{ID: "failed", Text: "Failed " + Count(int64(len(failed)))},
		{ID: "done", Text: "Done " + Count(int64(len(done)))},
	}, chosen, func(id string) {
		rows.items = failed
		if id == "done" {
			rows.items = done
		}
		grid.SetSource(rows)
	})
	copyAll := kit.NewIconButton("copy", "Copy this list", func() { h.Copy(rows.text(), "the list") }).Plain()
	head := kit.Padded(8, 8, 8, 8, kit.Row(seg, kit.Spacer(), copyAll))
	list := kit.NewPanel("", kit.Stack(0, head, kit.Fixed(0, 28*6+8, grid))).Framed(6)
	d := kit.NewDialog(title, icon, list).IconColor(ink).Wide(wide)
	closing := kit.NewButton("Close", "", nil)
	closing.OnTapped = d.Close
	d.Buttons(closing).FirstFocus(closing)
	h.Show(d)
}

// results is the source of the list of ShowResults.
type results struct {
	items []Item
	ids   bool // with old and new IDs
}

func (r *results) Len() int { return len(r.items) }

func (r *results) Row(i int) (kit.RowData, bool) {
	if i >= len(r.items) {
		return kit.RowData{}, false
	}
	it := r.items[i]
	icon, tone, why := "x-circle", kit.Danger, it.Err
	switch {
	case !it.Done:
		icon, tone, why = "circle-dashed", kit.Neutral, "not tried, cancelled before"
	case it.Err == "":
		icon, tone, why = "check-circle", kit.Success, it.NewID
	}
	d := kit.RowData{ID: kit.NumID(uint64(it.ID)), Cells: []kit.Cell{{Text: Label(it.Label), Icon: icon, Ink: tone.Ink()}}}
	if r.ids {
		d.Cells = append(d.Cells, kit.Cell{Text: it.OldID})
	}
	d.Cells = append(d.Cells, kit.Cell{Text: why})
	return d, true
}

func (r *results) text() string {
	var b strings.Builder
	for _, it := range r.items {
		if r.ids {
			fmt.Fprintf(&b, "%s\t%s\t%s\t%s\n", it.Label, it.OldID, it.NewID, it.Err)
		} else {
			fmt.Fprintf(&b, "%s\t%s\t%s\n", it.ID, it.Label, it.Err)
		}
	}
	return b.String()
}

// Label is what a message is called: its label, or that it has none.
func Label(label string) string {
	if strings.TrimSpace(label) == "" {
		return "(no label)"
	}
	return label
}
