package desk

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"maps"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/desk/form"
	"posthouse/views/screen"
)

// draftAfter is how long typing must rest before a draft is written.
const draftAfter = time.Second

// Fill decides about the entry that is being written.
type Fill struct {
	// OnForm is told when another form or other values are to be shown,
	// OnState after faults or the state changed.
	OnForm, OnState func()
	// OnSaved is told when an entry was saved.
	OnSaved func()

	p      *Presenter
	form   *form.Form
	draft  draft
	faults map[string]string
	strict bool // somebody wanted to save: all faults show
	saving bool
	taking string // the message being taken back; "" none is
	done   *saidSaved
	fault  error // why it was not saved
	note   string
	timer  int
}

// saidSaved is what the node said it keeps.
type saidSaved struct {
	name, reference string
	at              time.Time
	already         bool // found to have been saved before
}

func newFill(p *Presenter) *Fill {
	return &Fill{OnForm: func() {}, OnState: func() {}, OnSaved: func() {}, p: p}
}

// Open reports whether a form is being filled in.
func (f *Fill) Open() bool { return f.form != nil }

// Form is the form being filled in.
func (f *Fill) Form() *form.Form { return f.form }

func (f *Fill) env() form.Env {
	user := f.p.node.As
	user = user[strings.LastIndexByte(user, '\\')+1:]
	return form.Env{Now: f.p.host.Now(), User: user, Computer: f.p.node.Name}
}

// Start begins an entry, or goes on with its draft.
func (f *Fill) Start(id string) {
	x, ok := f.p.forms.Find(id)
	if !ok || f.saving || f.form != nil && f.form.ID == id {
		return
	}
	f.keep()
	f.form, f.done, f.fault, f.note = x, nil, nil, ""
	d, kept := f.p.kept.drafts()[id]
	if kept {
		f.begin(d)
		f.note = "This is your draft of " + screen.Moment(d.At, f.p.host.Now()) + "."
	} else {
		f.begin(draft{Typed: f.fresh(nil)})
	}
	f.OnForm()
	f.OnState()
}

// fresh are the values a new entry begins with; those to be kept are from the
// one before.
func (f *Fill) fresh(before map[string]string) map[string]string {
	env := f.env()
	typed := map[string]string{}
	for i := range f.form.Fields {
		x := &f.form.Fields[i]
		v := x.Start(env)
		if before != nil && x.Keep {
			v = before[x.Name]
		}
		typed[x.Name] = x.Typed(v, env.Now.Location())
		if x.Kind == form.Check || x.Kind == form.OneOf {
			typed[x.Name] = v
		}
	}
	return typed
}

func (f *Fill) begin(d draft) {
	d.Typed = maps.Clone(d.Typed)
	if d.Typed == nil {
		d.Typed = map[string]string{}
	}
	f.draft, f.faults, f.strict = d, map[string]string{}, false
}

// Typed is what a field holds.
func (f *Fill) Typed(name string) string { return f.draft.Typed[name] }

// Type is told what was typed into a field.
func (f *Fill) Type(name, text string) {
	if f.form == nil || f.saving || f.draft.Typed[name] == text {
		return
	}
	f.draft.Typed[name] = text
	f.done, f.note = nil, ""
	if f.strict || f.faults[name] != "" {
		f.check(name)
	}
	f.later()
	f.OnState()
}

// Left checks a field that was left, and writes it as it was understood.
func (f *Fill) Left(name string) {
	if f.form == nil || f.saving {
		return
	}
	x, ok := f.form.Field(name)
	if !ok || strings.TrimSpace(f.draft.Typed[name]) == "" {
		return
	}
	env := f.env()
	v, err := x.Parse(f.draft.Typed[name], env)
	f.check(name)
	if shown := x.Typed(v, env.Now.Location()); err == nil && x.Kind != form.Check && x.Kind != form.OneOf && shown != f.draft.Typed[name] {
		f.draft.Typed[name] = shown
		f.OnForm()
	}
	f.OnState()
}

func (f *Fill) check(name string) {
	x, _ := f.form.Field(name)
	_, err := x.Parse(f.draft.Typed[name], f.env())
	delete(f.faults, name)
	if err != nil {
		f.faults[name] = err.Error()
	}
}

// Fault is what is wrong with a field.
func (f *Fill) Fault(name string) string { return f.faults[name] }

// Written reports whether there is anything that would be lost.
func (f *Fill) Written() bool {
	if f.form == nil {
		return false
	}
	if f.draft.Reference != "" || f.draft.Attempt != "" {
		return true
	}
	fresh := f.fresh(nil)
	for i := range f.form.Fields {
		x := &f.form.Fields[i]
		if !x.Keep && f.draft.Typed[x.Name] != fresh[x.Name] {
			return true
		}
	}
	return false
}

// later keeps the draft when typing rests.
func (f *Fill) later() {
	f.timer++
	n := f.timer
	if f.p.scope == nil {
		return
	}
	f.p.scope.After(draftAfter, func() {
		if n == f.timer {
			f.keep()
		}
	})
}

// keep writes the draft, in the window's own time. What fails is told when it
// is to be saved.
func (f *Fill) keep() {
	if f.form == nil || f.saving {
		return
	}
	f.timer++
	id, d := f.form.ID, f.draft
	d.Typed, d.At = maps.Clone(d.Typed), f.p.host.Now()
	if !f.Written() {
		d = draft{}
	}
	if old, ok := f.p.kept.drafts()[id]; ok == !d.blank() && maps.Equal(old.Typed, d.Typed) && old.Attempt == d.Attempt {
		return
	}
	f.put(id, d)
}

// put writes a draft, in the window's own time.
func (f *Fill) put(id string, d draft) {
	turn := f.p.kept.stage(id, d)
	f.p.host.Scope().Go(func(context.Context) { _ = f.p.kept.put(id, d, turn) }, nil) // counts until it is written
}

// Drafted lists the forms with a draft.
func (f *Fill) Drafted() map[string]draft { return f.p.kept.drafts() }

// Close goes back to the list; the draft is kept.
func (f *Fill) Close() {
	f.keep()
	f.form, f.done, f.fault = nil, nil, nil
	f.OnForm()
}

// Discard throws away what was written.
func (f *Fill) Discard() {
	if f.form == nil || f.saving {
		return
	}
	f.begin(draft{Typed: f.fresh(nil)})
	f.fault, f.note, f.done = nil, "", nil
	f.keep()
	f.OnForm()
	f.OnState()
}

// Save checks everything and hands the entry to the queue manager. It says
// saved only when that did. The name of the first field to mend is returned.
func (f *Fill) Save() (mend string) {
	if f.form == nil || f.saving {
		return ""
	}
	values, faults := f.form.Check(f.draft.Typed, f.env())
	f.faults, f.strict, f.done, f.note = faults, true, nil, ""
	if len(faults) > 0 {
		f.OnState()
		for i := range f.form.Fields {
			if name := f.form.Fields[i].Name; faults[name] != "" {
				return name
			}
		}
	}
	if f.fault = f.p.refusal(); f.fault != nil {
		f.OnState()
		return ""
	}
	sender, ok := mgmtclient.Can[mgmtclient.Sender](f.p.node.Client)
	if !ok {
		f.fault = mq.Errorf(mq.ErrUnsupportedOperation, "save the entry", "this computer lets nobody enter anything from here").WithFix("call support")
		f.OnState()
		return ""
	}
	f.saving = true
	f.OnState()
	job := &saveJob{
		kept: f.p.kept, client: f.p.node.Client, sender: sender, form: f.form, values: values, env: f.env(), draft: f.draft,
		local: f.p.here(), turn: f.p.kept.turn(),
	}
	job.draft.Typed, job.draft.At = maps.Clone(f.draft.Typed), f.env().Now
	screen.Load(f.p.host.Scope(), job.run, func(s saidSaved, err error) {
		f.saving = false
		f.draft.Attempt = job.draft.Attempt
		f.fault = err
		if err == nil {
			f.done = &s
			f.p.lastSaved = s.at
			f.begin(draft{Typed: f.fresh(values)})
			f.p.host.Feed().Refresh(f.p.node.ID)
			f.p.Refresh()
			f.OnForm()
		}
		f.OnState()
		f.p.OnLine()
		if err == nil {
			f.OnSaved()
		}
	})
	return ""
}

// saveJob hands an entry over, off Fyne's goroutine.
type saveJob struct {
	kept   *kept
	client mgmtclient.Node
	sender mgmtclient.Sender
	form   *form.Form
	values map[string]string
	env    form.Env
	draft  draft
	local  []string
	turn   int
}

// run sends once. Without an answer nobody knows whether the entry is kept, so
// the draft remembers its marker first, and another try looks for that.
func (j *saveJob) run(ctx context.Context) (saidSaved, error) {
	if j.draft.Attempt != "" {
		r, err := read(ctx, j.client, j.local, firstReach, nil)
		if err != nil {
			return saidSaved{}, err
		}
		for i := range r.entries {
			if e := &r.entries[i]; e.mark == j.draft.Attempt {
				err := j.kept.put(j.form.ID, draft{}, j.turn)
				return saidSaved{e.Name, e.Reference, e.sent, true}, err
			}
		}
	}
	var err error
	if j.env.Number, err = j.kept.number(j.form.ID); err != nil {
		return saidSaved{}, err
	}
	j.env.Unique = unique()
	if j.draft.Reference != "" {
		j.env.Reference = j.draft.Reference
	}
	e, err := j.form.Compose(j.values, j.env)
	if err != nil {
		return saidSaved{}, err
	}
	j.draft.Attempt = string(e.Extension)
	if err := j.kept.put(j.form.ID, j.draft, j.turn); err != nil {
		return saidSaved{}, err
	}
	ttrq := uint32(j.form.Within / time.Second)
	_, err = j.sender.Send(ctx, mgmtclient.SendRequest{
		Queue: j.form.To.Queue, Label: e.Label, Body: e.Body, BodyType: e.BodyType, Extension: e.Extension,
		Transactional: j.form.To.Transactional, TTRQ: &ttrq, DeadLetter: true, Journal: true,
	})
	if err != nil {
		return saidSaved{}, err
	}
	// The entry is kept: a draft that cannot be forgotten is found out later.
	_ = j.kept.put(j.form.ID, draft{}, j.turn)
	return saidSaved{name: e.Name, reference: e.Reference, at: j.env.Now}, nil
}

// unique gives six letters and digits that are easy to read out.
func unique() string {
	b := make([]byte, 5)
	_, _ = rand.Read(b) // never fails
	return base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").EncodeToString(b)[:6]
}

// reloaded goes on with the form as it is now.
func (f *Fill) reloaded() {
	if f.form == nil {
		return
	}
	x, ok := f.p.forms.Find(f.form.ID)
	if !ok {
		return // filled in to its end as it was
	}
	f.form = x
	f.OnForm()
	f.OnState()
}
