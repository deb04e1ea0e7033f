package computer

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"strings"
	"time"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// phase is how far the test of a connection is.
type phase int

const (
	untested phase = iota
	trying
	passed
	failed
)

// edit is what the form holds.
type edit struct {
	// OnChange is told after the test went on.
	OnChange func()

	computers mgmtclient.Computers
	scope     *screen.Scope
	was       mgmtclient.Computer // ID "": new

	address  string
	name     string
	named    bool // by the person, not after the address
	signIn   mgmtclient.SignIn
	user     string
	password string
	typed    bool // the password was; else the one kept holds

	phase  phase
	test   *screen.Scope
	probes []mgmtclient.Probe
	began  time.Time
	err    error // why there was no test, or that it was stopped
}

func newEdit(s *screen.Scope, computers mgmtclient.Computers, c mgmtclient.Computer) *edit {
	e := &edit{OnChange: func() {}, computers: computers, scope: s, was: c, signIn: c.SignIn, user: c.User}
	if c.ID != "" {
		e.address, e.name, e.named = c.Host(), c.Name, c.Name != called(c.Host())
	}
	return e
}

// called is what a computer is called after its address: its name without the
// domain, in capitals as computers are named; an IP address as it is.
func called(address string) string {
	host := strings.TrimSpace(address)
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	first, _, _ := strings.Cut(host, ".")
	return strings.ToUpper(first)
}

// shownAs is the name it will have.
func (e *edit) shownAs() string {
	if e.named && strings.TrimSpace(e.name) != "" {
		return strings.TrimSpace(e.name)
	}
	return called(e.address)
}

// computer is what the form makes.
func (e *edit) computer() mgmtclient.Computer {
	c := mgmtclient.Computer{ID: e.was.ID, Name: e.shownAs(), Address: strings.TrimSpace(e.address), SignIn: e.signIn}
	if c.Address == c.Name {
		c.Address = ""
	}
	if c.SignIn == mgmtclient.SignInPassword {
		c.User = strings.TrimSpace(e.user)
	}
	return c
}

// secret is the password to test and to save with: nil leaves the one kept, and
// one that is of no more use is forgotten.
func (e *edit) secret() *string {
	none := ""
	switch {
	case e.signIn != mgmtclient.SignInPassword && e.was.SignIn == mgmtclient.SignInPassword && e.was.ID != "":
		return &none
	case e.signIn != mgmtclient.SignInPassword:
		return nil
	case e.typed:
		p := e.password
		return &p
	case e.was.ID != "":
		return nil
	}
	return &none
}

// set changes what the form holds: what was tested is then another thing.
func (e *edit) set(change func()) {
	before, typed := e.computer(), e.password
	change()
	if now := e.computer(); now.Host() != before.Host() || now.SignIn != before.SignIn || now.User != before.User || e.password != typed {
		e.stop()
		e.phase, e.probes, e.err = untested, nil, nil
	}
	e.OnChange()
}

// fault says what is missing before it can be tested or saved, and at which
// field; "" nothing is.
func (e *edit) fault() (field, why string) {
	switch {
	case strings.TrimSpace(e.address) == "":
		return "address", "Write the name or the address of the computer"
	case strings.ContainsAny(strings.TrimSpace(e.address), " \t/\\'\""):
		return "address", "A name or an IP address, with :PORT behind it if it listens elsewhere"
	case e.signIn == mgmtclient.SignInPassword && strings.TrimSpace(e.user) == "":
		return "user", `Write NAME or DOMAIN\NAME`
	}
	return "", ""
}

// run tests the connection.
func (e *edit) run() {
	if _, why := e.fault(); why != "" || e.phase == trying {
		return
	}
	e.phase, e.probes, e.err, e.began = trying, nil, nil, time.Now()
	c, secret := e.computer(), e.secret()
	s := e.scope.Sub()
	e.test = s
	screen.Load(s, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, e.computers.Test(ctx, c, secret, func(p mgmtclient.Probe) {
			s.Post(func() {
				e.probes = append(e.probes, p)
				e.OnChange()
			})
		})
	}, func(_ struct{}, err error) {
		e.phase = passed
		if err != nil || !e.ok() {
			e.phase, e.err = failed, err
		}
		s.End()
		e.OnChange()
	})
	e.OnChange()
}

// ok reports whether every layer was passed.
func (e *edit) ok() bool {
	for _, p := range e.probes {
		if !p.OK {
			return false
		}
	}
	return len(e.probes) > 0
}

// stop ends a test under way; what it found stays.
func (e *edit) stop() {
	if e.phase == trying {
		e.test.End()
		e.phase = untested
	}
}

// stumble is the layer that failed, if one did.
func (e *edit) stumble() (mgmtclient.Probe, bool) {
	for _, p := range e.probes {
		if !p.OK {
			return p, true
		}
	}
	return mgmtclient.Probe{}, false
}

// layerNames are the layers in the words of the form.
var layerNames = map[mgmtclient.Layer]string{
	mgmtclient.LayerName: "Name resolves", mgmtclient.LayerPort: "Port answers", mgmtclient.LayerSignIn: "Sign-in",
	mgmtclient.LayerManager: "Queue manager", mgmtclient.LayerRights: "Manage",
}

// layer is a line of the test.
type layer struct {
	name string
	mark phase // untested: not reached
	text string
	took string
}

// layers are the lines of the test, reached or not.
func (e *edit) layers() []layer {
	list := make([]layer, len(mgmtclient.Layers))
	for i, l := range mgmtclient.Layers {
		list[i] = layer{name: layerNames[l], text: "not tested"}
		switch {
		case i < len(e.probes):
			p := e.probes[i]
			list[i].mark, list[i].text, list[i].took = passed, strings.TrimSuffix(p.Text, "."), took(p.Took)
			if !p.OK {
				list[i].mark = failed
			}
		case i == len(e.probes) && e.phase == trying:
			list[i].mark, list[i].text = trying, "trying…"
		}
	}
	return list
}

// total is how long the test took.
func (e *edit) total() string {
	var sum time.Duration
	for _, p := range e.probes {
		sum += p.Took
	}
	if len(e.probes) == 0 {
		return ""
	}
	return took(sum)
}

// took writes a time as short as it can be: 12 ms, 2.1 s.
func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "< 1 ms"
	case d < time.Second:
		return screen.Count(d.Milliseconds()) + " ms"
	}
	return screen.Rate(d.Seconds()) + " s"
}

// longer is from how many characters on what was found is said below its line, too.
const longer = 40

// verdict is what follows from the test: words for a note; "" nothing to say.
func (e *edit) verdict() (tone kit.Tone, bold, text string) {
	p, stumbled := e.stumble()
	later := "It can be " + cmp.Or(map[bool]string{true: "added"}[e.was.ID == ""], "saved") + " now, and this mended later."
	switch {
	case e.phase == failed && stumbled:
		return kit.Warning, "", strings.TrimSpace(screen.Sentence(p.Text)+" "+screen.Sentence(p.Fix)) + " " + later
	case e.phase == failed && e.err != nil:
		why, fix, _ := screen.Reason(e.err)
		return kit.Warning, "It was not tested.", strings.TrimSpace(why + " " + fix)
	case e.phase == passed:
		// What it offers and what it does not.
		for _, p := range e.probes {
			if p.Layer == mgmtclient.LayerManager && len(p.Text) > longer {
				return kit.Info, "", screen.Sentence(p.Text)
			}
		}
	}
	return kit.Warning, "", ""
}

// keeping is where a password goes: words for a remark; ok: it outlasts the program.
type keeping struct {
	words string
	ok    bool
}

// askKeeper finds out where passwords go. The keyring may take its time.
func askKeeper(s *screen.Scope, c mgmtclient.Computers, then func(keeping)) {
	screen.Load(s, func(context.Context) (keeping, error) {
		words, ok := c.Keeper()
		if ok {
			words = "The password is kept in " + words
		}
		return keeping{screen.Sentence(words), ok}, nil
	}, func(k keeping, _ error) { then(k) })
}

// save keeps the computer.
func (e *edit) save(then func(c mgmtclient.Computer, anew bool, err error)) {
	c, secret := e.computer(), e.secret()
	anew := secret != nil || c.Host() != e.was.Host() || c.SignIn != e.was.SignIn || c.User != e.was.User
	screen.Load(e.scope, func(ctx context.Context) (mgmtclient.Computer, error) {
		return e.computers.Save(ctx, c, secret)
	}, func(c mgmtclient.Computer, err error) { then(c, anew, err) })
}
