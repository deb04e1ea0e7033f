package app

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

func TestMachineShowAndSet(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "x", "--express", "--count", "1234")
	d.must("machine", "show").quiet().says("LAPTOP", "CONNECTED", "1,234 messages", "unlimited", "lost when it stops")
	m := document[mgmtclient.Machine](d.must("machine", "set", "--quota", "1000", "--profile", "compat", "--json"))
	if m.QuotaKB == nil || *m.QuotaKB != 1000 || m.Profile != "compat" {
		t.Errorf("set %+v", m)
	}
	d.run("machine", "set").exits(exitUsage).complains("nothing to set")
	d.run("machine", "set", "--profile", "open").exits(exitUsage).complains("strict, compat")
	d.run("machine", "set", "--quota", "much").exits(exitUsage).complains("much")
}

func TestMachineGoesOfflineAndOnline(t *testing.T) {
	d := newDesk(t)
	d.must("machine", "disconnect").says("DISCONNECTED")
	equal(t, "state", document[mgmtclient.Machine](d.must("machine", "show", "--json")).State, "DISCONNECTED")
	d.must("machine", "connect").says("is CONNECTED")
}

func TestMachineTidy(t *testing.T) {
	d := newDesk(t)
	d.must("machine", "tidy").says("on disk")
	equal(t, "fields", names(t, []byte(d.must("machine", "tidy", "--jsonl").out)), []string{"bytesBefore", "bytesAfter"})
}

// ailing is a queue manager whose store is damaged.
type ailing struct {
	memory
	kept
}

func (a ailing) Check(context.Context) (mgmtclient.CheckResult, error) {
	return mgmtclient.CheckResult{Queues: 1, Messages: 2, Problems: []string{"counter of orders is 3, not 2"}}, nil
}

func (a ailing) Open(context.Context, string, *network) (handle, error) { return handle{Node: a}, nil }

func TestCheck(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("check").quiet().says("all is well")
	r := document[map[string]any](d.must("check", "--json"))
	equal(t, "problems", r["problems"], any([]any{}))

	d.opener = ailing{kept: kept{d.node}}
	d.run("check").exits(exitFailed).says("counter of orders is 3, not 2").complains("1 problem found", "copy of the data folder")
	equal(t, "problems", document[mgmtclient.CheckResult](d.run("check", "--json").exits(exitFailed)).Problems,
		[]string{"counter of orders is 3, not 2"})
}

func TestVersion(t *testing.T) {
	d := newDesk(t)
	d.must("version").says("posthouse " + Version)
	equal(t, "fields", names(t, []byte(d.must("version", "--json").out)), []string{"version", "go", "os", "arch"})
}

func TestServeSaysWhenItIsReadyAndStopsCleanly(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "x", "--express")
	ctx, stop := context.WithCancel(t.Context())
	d.ctx = ctx
	var out, errs safeBuffer
	done := make(chan int)
	go func() { done <- d.runTo(&out, &errs, "serve", "--json") }()
	line := out.until(t, 1)[0]
	var r ready
	if err := json.Unmarshal([]byte(line), &r); err != nil || !r.Ready || r.PID != 4711 || r.Name != "LAPTOP" || r.DataFolder == "" {
		t.Errorf("ready line %s: %v", line, err)
	}
	stop()
	if code := <-done; code != exitDone || !strings.Contains(errs.String(), "1 express message lost") {
		t.Errorf("exit status %d, standard error %q", code, errs.String())
	}
}

func TestServeChecksTheFlagsForTheNetwork(t *testing.T) {
	d := newDesk(t)
	for _, args := range [][]string{
		{"--listen", "here"},
		{"--hosts", "far"},
		{"--hosts", "far=near"},
		{"--hosts", "far=10.0.0.7:here"},
		{"--port", "70000"},
		{"--port", "0"},
		{"extra"},
	} {
		d.run(append([]string{"serve"}, args...)...).exits(exitUsage)
	}
}

func TestWrongUsageExitsWith2AndHelpsOn(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct{ args, word string }{
		{"qeue list", `did you mean "queue"?`},
		{"queue lst", `did you mean "list"?`},
		{"queue", "needs a verb: acl, create"},
		{"queue list --systm", "did you mean --system?"},
		{"queue list extra", `"extra" is one argument too many`},
		{"queue create", "QUEUE is missing"},
		{"queue list --data=", "--data is empty"},
		{"queue create x --quota much", "much"},
		{"queue create x --privacy some", "none, optional, body"},
		{"queue create x --allow-send bob", "bob"},
		{"queue create x --service-type 5", "GUID"},
		{"message receive x --lookup-id abc", "abc"},
		{"message receive x --timeout soon", "soon"},
		{"completion klingon", "klingon"},
		{"help nonsense", "nonsense"},
		{"queue list --timeout=-5", "-5"},
	} {
		d.run(strings.Fields(c.args)...).exits(exitUsage).complains(c.word)
	}
}

func TestAnEmptyNameIsNoName(t *testing.T) {
	d := newDesk(t)
	d.run("queue", "acl", "").exits(exitUsage).complains("QUEUE] is empty")
	d.run("message", "receive", "").exits(exitUsage).complains("QUEUE is empty")
}

func TestTimeoutEndsACommand(t *testing.T) {
	d := newDesk(t)
	release := d.node.Hold("Queues")
	defer release()
	d.run("queue", "list", "--timeout", "0.02").exits(exitFailed).complains("0xC00E00")
}

func TestWithoutAVerbTheWindowOpens(t *testing.T) {
	newDesk(t).run().exits(exitFailed).complains("open the window", "no window here")
	newDesk(t).run("--desk").exits(exitFailed).complains("open the window", "no window here")
	newDesk(t).run("--listen", "nowhere").exits(exitUsage)
	newDesk(t).run("--hosts", "nothing").exits(exitUsage)
}

func TestQueueNamesAreCompleted(t *testing.T) {
	d := newDesk(t).withQueues("orders", "Outbox", "bills")
	complete := func(args ...string) []string {
		out := d.must(append([]string{"__complete"}, args...)...).out
		var list []string
		for line := range strings.Lines(out) {
			if !strings.HasPrefix(line, ":") {
				name, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
				list = append(list, name)
			}
		}
		return list
	}
	equal(t, "queue", complete("queue", "show", "o"), []string{"orders", "Outbox"})
	equal(t, "second argument", complete("queue", "show", "orders", "b"), nil)
	equal(t, "flag", complete("message", "move", "orders", "5", "--to", "b"), []string{"bills"})
	d.opener = memory{node: d.node, none: true}
	equal(t, "nothing runs", complete("queue", "show", "o"), nil)
}

func TestDataFolder(t *testing.T) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	p := program{env: env{getenv: func(string) string { return "" }}, folder: "here"}
	if got, err := p.dataFolder(); err != nil || got != wd+string(os.PathSeparator)+"here" {
		t.Errorf("--data here is %q, %v", got, err)
	}
	p.folder = ""
	if got, err := p.dataFolder(); mq.CodeOf(err) != mq.ErrInvalidParameter || !strings.Contains(err.Error(), "--data") {
		t.Errorf("without a home: %q, %v", got, err)
	}
}
