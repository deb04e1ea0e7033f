package about

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// program is what is known of the program itself.
type program struct {
	version  string
	built    time.Time // of the source; zero: not known
	revision string
	system   string
	fyne     string
	sqlite   string
	golang   string
}

// thisProgram asks the binary.
func thisProgram(version string) program {
	p := program{version: version, system: systems[runtime.GOOS] + ", " + machines[runtime.GOARCH], golang: strings.TrimPrefix(runtime.Version(), "go")}
	if systems[runtime.GOOS] == "" {
		p.system = runtime.GOOS + ", " + runtime.GOARCH
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return p
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			p.revision = s.Value[:min(7, len(s.Value))]
		case "vcs.time":
			p.built, _ = time.Parse(time.RFC3339, s.Value)
		}
	}
	for _, d := range info.Deps {
		switch d.Path {
		case "fyne.io/fyne/v2":
			p.fyne = strings.TrimPrefix(d.Version, "v")
		case "modernc.org/sqlite":
			p.sqlite = strings.TrimPrefix(d.Version, "v")
		}
	}
	return p
}

var systems = map[string]string{"linux": "Linux", "darwin": "macOS", "windows": "Windows", "freebsd": "FreeBSD"}

var machines = map[string]string{"amd64": "64-bit x86", "arm64": "64-bit ARM", "386": "32-bit x86", "arm": "32-bit ARM"}

// made is what the program is made with.
func (p program) made() string {
	s := "Go " + p.golang
	if p.fyne != "" {
		s += ", Fyne " + p.fyne
	}
	if p.sqlite != "" {
		s += ", modernc SQLite " + p.sqlite
	}
	return s
}

// pairs are the lines about the program.
func (p program) pairs(look string) []kit.Pair {
	v := kit.Pair{Key: "Version", Value: p.version}
	if !p.built.IsZero() {
		v.Tail = "of " + p.built.Format("2 Jan 2006")
	}
	if p.revision != "" {
		v.Tail = strings.TrimSpace(v.Tail + ", " + p.revision)
		v.Tail = strings.TrimPrefix(v.Tail, ", ")
	}
	runs := kit.Pair{Key: "Runs on", Value: p.system}
	if look != "" {
		runs.Value += "; " + look
	}
	return []kit.Pair{v, runs, {Key: "Made with", Value: p.made()}}
}

// manager are the lines about the queue manager of this computer; err says why
// it is not known.
func manager(n screen.Node, m mgmtclient.Machine, err error, now time.Time) []kit.Pair {
	if err != nil {
		why, _, code := screen.Reason(err)
		if code != "" {
			why = strings.TrimSuffix(why, ".") + " (" + code + ")"
		}
		return []kit.Pair{{Key: "Queue manager", Value: why, Icon: "x-circle", Wrap: true}}
	}
	list := []kit.Pair{
		{Key: "Queue manager", Value: fmt.Sprintf("%s, running since %s", m.Name, screen.Moment(m.Started, now)), Icon: "check-circle"},
		{Key: "Its version", Value: m.Version},
		{Key: "Its ID", Value: m.ID.String(), Mono: true},
	}
	if m.DataFolder != "" {
		list = append(list, kit.Pair{Key: "Data folder", Value: m.DataFolder, Mono: true})
	}
	_ = n
	return append(list, kit.Pair{Key: "Stored", Value: fmt.Sprintf("%s in %s, %s", screen.Many(m.Messages, "message"), screen.Many(int64(m.Queues), "queue"), screen.Size(m.Bytes))})
}

// details are all lines as text, for a report.
func details(groups ...[]kit.Pair) string {
	var b strings.Builder
	for _, g := range groups {
		for _, p := range g {
			value := p.Value
			if p.Tail != "" {
				value += " " + p.Tail
			}
			fmt.Fprintf(&b, "%-14s %s\n", p.Key, value)
		}
	}
	return b.String()
}

// local is the node of this computer.
func local(h screen.Host) (screen.Node, bool) {
	for _, n := range h.Nodes() {
		if n.Local {
			return n, true
		}
	}
	return screen.Node{}, false
}

// askMachine asks it.
func askMachine(n screen.Node) func(context.Context) (mgmtclient.Machine, error) {
	return func(ctx context.Context) (mgmtclient.Machine, error) { return n.Client.Machine(ctx) }
}
