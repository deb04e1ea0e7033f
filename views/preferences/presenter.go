package preferences

import (
	"context"
	"fmt"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// choices are everything that can be chosen here.
type choices struct {
	theme      string
	rowHeight  int
	scale      int
	times      string
	refresh    int
	page       int
	encoding   string
	wrap       bool
	express    bool
	deadLetter bool
	typeFrom   int
	forms      string // folder of entry forms; "" in the data folder
	deskOnly   bool

	// Of the queue manager.
	limited        bool
	limitKB        int64
	journalLimited bool
	journalKB      int64
	profile        string
	network        [len(netSwitches)]bool
}

// Archive keeps queues and messages in files. The program gives it: views know
// no file format. Each call reports how many messages are done.
type Archive struct {
	// Export writes every queue, its journal and the system's queues to a file
	// that appears only when it is complete, and tells how many messages that
	// were.
	Export func(ctx context.Context, n mgmtclient.Node, path string, told func(messages int64)) error
	// Inspect checks a file whole and tells what is in it.
	Inspect func(ctx context.Context, path string) (Contents, error)
	// Import reads a file; what exists is left alone, unless add.
	Import func(ctx context.Context, n mgmtclient.Node, path string, add bool, told func(messages int64)) (Imported, error)
}

// Contents is what a file holds.
type Contents struct {
	Machine  string
	Written  string // when, for people
	Queues   int
	Messages int64
	Bytes    int64
}

// Imported is what an import did.
type Imported struct {
	Queues   int
	Messages int64
	Skipped  []string // queues left alone
	Warnings []string
}

// Presenter decides what the screen shows.
type Presenter struct {
	// OnChange is told after anything changed.
	OnChange func()

	host    screen.Host
	scope   *screen.Scope
	archive *Archive
	node    screen.Node
	machine mgmtclient.Machine
	known   bool
	err     error // why the queue manager's part is not shown
	saving  bool
	failed  error // of the last saving

	was, now choices
}

// NewPresenter reads what was chosen before. archive may be nil.
func NewPresenter(h screen.Host, a *Archive) *Presenter {
	p := &Presenter{OnChange: func() {}, host: h, archive: a}
	p.read()
	return p
}

// read takes what holds now as what is chosen, but for what waits.
func (p *Presenter) read() {
	prefs := p.host.Preferences()
	p.was = choices{
		theme: screen.Theme.Get(prefs), rowHeight: screen.RowHeight.Get(prefs), scale: screen.Scale.Get(prefs),
		times: screen.Times.Get(prefs), refresh: screen.Refresh.Get(prefs), page: screen.PageSize.Get(prefs),
		encoding: screen.Encoding.Get(prefs), wrap: screen.WrapBodies.Get(prefs), express: !screen.SendRecoverable.Get(prefs),
		deadLetter: screen.SendDeadLetter.Get(prefs), typeFrom: screen.TypeFrom.Get(prefs),
		forms: screen.EntryForms.Get(prefs), deskOnly: screen.DeskOnly.Get(prefs),
		limitKB: 1 << 20, journalKB: 1 << 20, profile: "strict",
	}
	p.ofMachine(&p.was)
	p.now = p.was
}

// ofMachine fills the choices of the queue manager.
func (p *Presenter) ofMachine(c *choices) {
	if !p.known {
		return
	}
	c.limited, c.journalLimited = p.machine.QuotaKB != nil, p.machine.JournalQuotaKB != nil
	if c.limited {
		c.limitKB = int64(*p.machine.QuotaKB)
	}
	if c.journalLimited {
		c.journalKB = int64(*p.machine.JournalQuotaKB)
	}
	if p.machine.Profile != "" {
		c.profile = p.machine.Profile
	}
	if n := p.machine.Network; n != nil {
		for i := range netSwitches {
			c.network[i] = netSwitches[i].now(n)
		}
	}
}

// Enter asks about the queue manager; what waits to be saved stays.
func (p *Presenter) Enter(s *screen.Scope) {
	p.scope = s
	for _, n := range p.host.Nodes() {
		if n.Local {
			p.node = n
		}
	}
	if len(p.changes()) == 0 {
		p.read()
	}
	p.ask()
}

// Leave ends what runs.
func (p *Presenter) Leave() { p.scope, p.saving = nil, false }

func (p *Presenter) ask() {
	client := p.node.Client
	if client == nil || p.scope == nil {
		p.err = p.node.Err
		if p.err == nil {
			p.err = mq.Errorf(mq.ErrServiceNotAvailable, "ask the queue manager", "it is not running").WithFix("open it from Home")
		}
		p.OnChange()
		return
	}
	screen.Load(p.scope, client.Machine, func(m mgmtclient.Machine, err error) {
		p.err = err
		if err == nil {
			// What was not changed follows the queue manager.
			before := p.was
			p.machine, p.known = m, true
			p.ofMachine(&p.was)
			if p.now.limited == before.limited && p.now.limitKB == before.limitKB {
				p.now.limited, p.now.limitKB = p.was.limited, p.was.limitKB
			}
			if p.now.journalLimited == before.journalLimited && p.now.journalKB == before.journalKB {
				p.now.journalLimited, p.now.journalKB = p.was.journalLimited, p.was.journalKB
			}
			if p.now.profile == before.profile {
				p.now.profile = p.was.profile
			}
			for i := range netSwitches {
				if p.now.network[i] == before.network[i] {
					p.now.network[i] = p.was.network[i]
				}
			}
		}
		p.OnChange()
	})
}

// The names of settings, for the badge beside a changed one and the bar.
const (
	setTheme      = "Theme"
	setRows       = "Row height"
	setScale      = "Scale"
	setTimes      = "Times"
	setRefresh    = "Refresh"
	setPage       = "Page size"
	setEncoding   = "Encoding"
	setWrap       = "Long lines"
	setExpress    = "Delivery"
	setDeadLetter = "If it fails"
	setForms      = "Entry forms"
	setDeskOnly   = "Window"
	setTypeFrom   = "Deleting"
	setLimit      = "Storage limit"
	setJournal    = "Journal limit"
	setProfile    = "Security profile"
)

// changes are the settings that wait to be saved.
func (p *Presenter) changes() []string {
	a, b := p.was, p.now
	var list []string
	for _, c := range []struct {
		name string
		is   bool
	}{
		{setTheme, a.theme != b.theme},
		{setRows, a.rowHeight != b.rowHeight},
		{setScale, a.scale != b.scale},
		{setTimes, a.times != b.times},
		{setRefresh, a.refresh != b.refresh},
		{setPage, a.page != b.page},
		{setEncoding, a.encoding != b.encoding},
		{setWrap, a.wrap != b.wrap},
		{setExpress, a.express != b.express},
		{setDeadLetter, a.deadLetter != b.deadLetter},
		{setForms, a.forms != b.forms},
		{setDeskOnly, a.deskOnly != b.deskOnly},
		{setTypeFrom, a.typeFrom != b.typeFrom},
		{setLimit, a.limited != b.limited || b.limited && a.limitKB != b.limitKB},
		{setJournal, a.journalLimited != b.journalLimited || b.journalLimited && a.journalKB != b.journalKB},
		{setProfile, a.profile != b.profile},
	} {
		if c.is {
			list = append(list, c.name)
		}
	}
	for i := range netSwitches {
		if a.network[i] != b.network[i] {
			list = append(list, netSwitches[i].name)
		}
	}
	return list
}

// Changed reports whether a setting waits to be saved.
func (p *Presenter) Changed(name string) bool {
	for _, c := range p.changes() {
		if c == name {
			return true
		}
	}
	return false
}

// Edit chooses.
func (p *Presenter) Edit(change func(c *choices)) {
	change(&p.now)
	p.failed = nil
	p.OnChange()
}

// Discard forgets what waits.
func (p *Presenter) Discard() {
	p.now, p.failed = p.was, nil
	p.OnChange()
}

// Words says how many changes wait and what follows from saving them.
func (p *Presenter) Words() string {
	list := p.changes()
	s := screen.Many(int64(len(list)), "change") + "."
	if p.Changed(setProfile) {
		s += " The security profile holds for queues made from then on."
	}
	if p.Changed(setScale) {
		s += " The scale changes when the window is opened again."
	}
	if len(list) == 1 && s == "1 change." {
		s = list[0] + " changes when you save."
	}
	return s
}

// Save makes the choices hold: first the queue manager's, which may be refused,
// then those of the window.
func (p *Presenter) Save() {
	s, some := p.settings()
	if !some {
		p.keep()
		return
	}
	admin, ok := mgmtclient.Can[mgmtclient.MachineAdmin](p.node.Client)
	if !ok {
		p.failed = mq.Errorf(mq.ErrUnsupportedOperation, "change the queue manager", "it cannot be changed from here")
		p.OnChange()
		return
	}
	p.saving, p.failed = true, nil
	p.OnChange()
	screen.Load(p.scope, func(ctx context.Context) (mgmtclient.Machine, error) { return admin.SetMachine(ctx, s) }, func(m mgmtclient.Machine, err error) {
		p.saving = false
		if err != nil {
			p.failed = err
			p.OnChange()
			return
		}
		p.machine = m
		p.host.Feed().Refresh(p.node.ID)
		p.keep()
	})
}

// settings is what changes of the queue manager.
func (p *Presenter) settings() (s mgmtclient.MachineSettings, some bool) {
	quota := func(on bool, kb int64) *mgmtclient.Quota {
		some = true
		if !on {
			return &mgmtclient.Quota{}
		}
		v := uint32(kb)
		return &mgmtclient.Quota{KB: &v}
	}
	if p.Changed(setLimit) {
		s.Quota = quota(p.now.limited, p.now.limitKB)
	}
	if p.Changed(setJournal) {
		s.JournalQuota = quota(p.now.journalLimited, p.now.journalKB)
	}
	if p.Changed(setProfile) {
		profile := p.now.profile // p.now goes on while it is saved
		s.Profile, some = &profile, true
	}
	for i := range netSwitches {
		if on := p.now.network[i]; on != p.was.network[i] {
			netSwitches[i].set(&s, &on)
			some = true
		}
	}
	return s, some
}

// keep stores the choices of the window.
func (p *Presenter) keep() {
	n := screen.Many(int64(len(p.changes())), "preference")
	prefs, c := p.host.Preferences(), p.now
	screen.Theme.Set(prefs, c.theme)
	screen.RowHeight.Set(prefs, c.rowHeight)
	screen.Scale.Set(prefs, c.scale)
	screen.Times.Set(prefs, c.times)
	screen.Refresh.Set(prefs, c.refresh)
	screen.PageSize.Set(prefs, c.page)
	screen.Encoding.Set(prefs, c.encoding)
	screen.WrapBodies.Set(prefs, c.wrap)
	screen.SendRecoverable.Set(prefs, !c.express)
	screen.SendDeadLetter.Set(prefs, c.deadLetter)
	screen.EntryForms.Set(prefs, c.forms)
	screen.DeskOnly.Set(prefs, c.deskOnly)
	screen.TypeFrom.Set(prefs, c.typeFrom)
	p.was = p.now
	p.host.Done(screen.Action{What: "Changed " + n, Tone: kit.Success})
	p.OnChange()
}

// Used is what the queue manager holds, in words.
func (p *Presenter) Used() string {
	return fmt.Sprintf("%s, %s.", screen.Many(p.machine.Messages, "message"), screen.Size(p.machine.Bytes))
}

// CanAdmin reports whether the queue manager can be changed from here.
func (p *Presenter) CanAdmin() bool { return offers[mgmtclient.MachineAdmin](p) }

// CanTidy reports whether its storage can be tidied from here.
func (p *Presenter) CanTidy() bool { return offers[mgmtclient.MachineActions](p) }

func offers[T any](p *Presenter) bool {
	if p.node.Client == nil || !p.known {
		return false
	}
	_, ok := mgmtclient.Can[T](p.node.Client)
	return ok
}
