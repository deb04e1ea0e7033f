package directory

import (
	"context"
	"strings"
	"time"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// phase is how far the test of a directory is.
type phase int

const (
	untested phase = iota
	trying
	passed
	failed
)

// The ways to find a controller.
const (
	byDomain = "domain"
	byName   = "name"
)

// choice is what the dialog of the directory holds.
type choice struct {
	// OnChange is told after the test went on.
	OnChange func()

	dir   mgmtclient.Directory
	scope *screen.Scope
	was   mgmtclient.DirectorySignIn

	way        string
	domain     string
	controller string
	ca         string
	signIn     mgmtclient.SignIn
	user       string
	password   string
	typed      bool // the password was; else the one kept holds

	phase  phase
	test   *screen.Scope
	probes []mgmtclient.Probe
	err    error // why there was no test
}

func newChoice(s *screen.Scope, dir mgmtclient.Directory, was mgmtclient.DirectorySignIn) *choice {
	c := &choice{
		OnChange: func() {}, dir: dir, scope: s, was: was, way: byDomain, domain: was.Domain, controller: was.Controller,
		ca: was.CA, signIn: was.SignIn, user: was.User,
	}
	if was.Controller != "" {
		c.way = byName
	}
	if c.signIn == "" {
		c.signIn = mgmtclient.SignInPassword
	}
	return c
}

// known reports whether a directory was chosen before.
func (c *choice) known() bool { return c.was != mgmtclient.DirectorySignIn{} }

// signInNow is what the form makes.
func (c *choice) signInNow() mgmtclient.DirectorySignIn {
	s := mgmtclient.DirectorySignIn{CA: strings.TrimSpace(c.ca), SignIn: c.signIn}
	if c.way == byDomain {
		s.Domain = strings.TrimSpace(c.domain)
	} else {
		s.Controller = strings.TrimSpace(c.controller)
	}
	if c.signIn == mgmtclient.SignInPassword {
		s.User = strings.TrimSpace(c.user)
	}
	return s
}

// secret is the password to test and keep: nil leaves the one kept, and one that is of
// no more use is forgotten.
func (c *choice) secret() *string {
	none := ""
	switch {
	case c.signIn != mgmtclient.SignInPassword && c.was.SignIn == mgmtclient.SignInPassword:
		return &none
	case c.signIn != mgmtclient.SignInPassword:
		return nil
	case c.typed:
		p := c.password
		return &p
	case c.known() && c.was.SignIn == mgmtclient.SignInPassword:
		return nil
	}
	return &none
}

// set changes what the form holds: what was tested is then another thing.
func (c *choice) set(change func()) {
	before, typed := c.signInNow(), c.password
	change()
	if c.signInNow() != before || c.password != typed {
		c.stop()
		c.phase, c.probes, c.err = untested, nil, nil
	}
	c.OnChange()
}

// fault says what is missing, and at which field; "" nothing is.
func (c *choice) fault() (field, why string) {
	switch {
	case c.way == byDomain && strings.TrimSpace(c.domain) == "":
		return "where", "Write the DNS name of the domain"
	case c.way == byDomain && strings.ContainsAny(strings.TrimSpace(c.domain), " /\\:'\""):
		return "where", "A DNS name, such as nordhavn.example"
	case c.way == byName && strings.TrimSpace(c.controller) == "":
		return "where", "Write the name of a domain controller"
	case c.way == byName && strings.ContainsAny(strings.TrimSpace(c.controller), " \\'\""):
		return "where", "A name, or ldaps://NAME[:PORT]"
	case c.signIn == mgmtclient.SignInPassword && strings.TrimSpace(c.user) == "":
		return "user", `Write DOMAIN\name or name@domain`
	}
	return "", ""
}

// run tests the directory; then (which may be nil) is called if it passed.
func (c *choice) run(then func()) {
	if _, why := c.fault(); why != "" || c.phase == trying {
		return
	}
	c.phase, c.probes, c.err = trying, nil, nil
	in, secret := c.signInNow(), c.secret()
	s := c.scope.Sub()
	c.test = s
	screen.Load(s, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, c.dir.Test(ctx, in, secret, func(p mgmtclient.Probe) {
			s.Post(func() {
				c.probes = append(c.probes, p)
				c.OnChange()
			})
		})
	}, func(_ struct{}, err error) {
		c.phase = passed
		if _, stumbled := c.stumble(); err != nil || stumbled || len(c.probes) == 0 {
			c.phase, c.err = failed, err
		}
		s.End()
		c.OnChange()
		if c.phase == passed && then != nil {
			then()
		}
	})
	c.OnChange()
}

// stop ends a test under way; what it found stays.
func (c *choice) stop() {
	if c.phase == trying {
		c.test.End()
		c.phase = untested
	}
}

// stumble is the layer that failed, if one did.
func (c *choice) stumble() (mgmtclient.Probe, bool) {
	for _, p := range c.probes {
		if !p.OK {
			return p, true
		}
	}
	return mgmtclient.Probe{}, false
}

// layerNames are the layers of a directory in the words of the form.
var layerNames = map[mgmtclient.Layer]string{
	mgmtclient.LayerName: "Controller found", mgmtclient.LayerPort: "Port answers", mgmtclient.LayerSignIn: "Sign-in",
	mgmtclient.LayerManager: "Message Queuing", mgmtclient.LayerRights: "May read",
}

// layer is a line of the test.
type layer struct {
	name string
	mark phase // untested: not reached
	text string
	took string
}

// layers are the lines of the test, reached or not.
func (c *choice) layers() []layer {
	var list []layer
	told := map[mgmtclient.Layer]bool{}
	for _, p := range c.probes {
		told[p.Layer] = true
		name := layerNames[p.Layer]
		if name == "" {
			name = screen.Title(string(p.Layer))
		}
		l := layer{name: name, mark: passed, text: strings.TrimSuffix(p.Text, "."), took: brief(p.Took)}
		if !p.OK {
			l.mark = failed
		}
		list = append(list, l)
	}
	next := c.phase == trying
	for _, x := range mgmtclient.Layers {
		if told[x] {
			continue
		}
		l := layer{name: layerNames[x], text: "not tested"}
		if next {
			l.mark, l.text, next = trying, "trying…", false
		}
		list = append(list, l)
	}
	return list
}

// total is how long the test took.
func (c *choice) total() string {
	var sum time.Duration
	for _, p := range c.probes {
		sum += p.Took
	}
	if len(c.probes) == 0 {
		return ""
	}
	return brief(sum)
}

// brief writes a time as short as it can be: 12 ms, 2.1 s.
func brief(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "< 1 ms"
	case d < time.Second:
		return screen.Count(d.Milliseconds()) + " ms"
	}
	return screen.Rate(d.Seconds()) + " s"
}

// verdict is what follows from the test: words for a note; "" nothing to say.
func (c *choice) verdict() (tone kit.Tone, bold, text string) {
	p, stumbled := c.stumble()
	switch {
	case c.phase == failed && stumbled:
		return kit.Warning, "", join(screen.Sentence(p.Text), screen.Sentence(p.Fix), "It can be kept now, and this mended later.")
	case c.phase == failed && c.err != nil:
		why, fix, _ := screen.Reason(c.err)
		return kit.Warning, "It was not tested.", join(why, fix)
	case c.phase == passed:
		// What this account sees there.
		for _, p := range c.probes {
			if p.Layer == mgmtclient.LayerRights {
				return kit.Info, "", screen.Sentence(p.Text)
			}
		}
	}
	return kit.Warning, "", ""
}

// save keeps the choice.
func (c *choice) save(then func(error)) {
	in, secret := c.signInNow(), c.secret()
	screen.Load(c.scope, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.dir.Choose(ctx, in, secret) }, func(_ struct{}, err error) {
		then(err)
	})
}

// forget leaves the directory.
func (c *choice) forget(then func(error)) {
	none := ""
	screen.Load(c.scope, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, c.dir.Choose(ctx, mgmtclient.DirectorySignIn{}, &none)
	}, func(_ struct{}, err error) { then(err) })
}
