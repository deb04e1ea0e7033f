package app

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"posthouse/localqm/qmtest/loopback"
	"posthouse/mgmtclient"
)

// region are data folders whose queue managers reach each other over loopback.
type region struct {
	t          *testing.T
	port, ping uint16
	next       int
	hosts      []string
}

func newRegion(t *testing.T) *region {
	return &region{t: t, port: freePort(t), ping: freePort(t), next: 11}
}

// freePort is a port that nobody uses on any address.
func freePort(t *testing.T) uint16 {
	t.Helper()
	port, err := loopback.Port()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// town is a site with a name and an address of its own.
type town struct {
	site
	r             *region
	name, address string
}

func (r *region) town(name string) *town {
	c := &town{site: newSite(r.t), r: r, name: name, address: fmt.Sprintf("127.0.0.%d", r.next)}
	r.next++
	r.hosts = append(r.hosts, name+"="+c.address)
	return c
}

func (c *town) serve() *served {
	c.t.Helper()
	return c.site.serve("--name", c.name, "--listen", c.address, "--port", fmt.Sprint(c.r.port),
		"--ping-port", fmt.Sprint(c.r.ping), "--hosts", strings.Join(c.r.hosts, ","))
}

// until asks again and again until what a queue holds is so.
func (c *town) until(queue, what string, is func(mgmtclient.Queue) bool) mgmtclient.Queue {
	c.t.Helper()
	end := time.Now().Add(time.Minute)
	for {
		q := document[mgmtclient.Queue](c.must("queue", "show", queue, "--json"))
		if is(q) {
			return q
		}
		if time.Now().After(end) {
			text, _ := json.Marshal(q)
			c.t.Fatalf("%s: %s did not become %s: %s", c.name, queue, what, text)
		}
	}
}

func holding(n int64) func(mgmtclient.Queue) bool {
	return func(q mgmtclient.Queue) bool { return q.Messages == n }
}

func TestTwoQueueManagersExchangeMessages(t *testing.T) {
	r := newRegion(t)
	a, b := r.town("ALPHA"), r.town("BETA")
	pa, pb := a.serve(), b.serve()
	equal(t, "listening", pb.ready.Listening, []string{fmt.Sprintf("%s:%d", b.address, r.port)})
	b.must("queue", "create", "orders", "--transactional", "--allow-send", "anonymous")
	b.must("queue", "create", "notes", "--allow-send", "anonymous")
	a.must("queue", "create", "told", "--allow-send", "anonymous")

	a.must("message", "send", `BETA\private$\orders`, "--body", "one", "--label", "1", "--transactional", "--dead-letter", "--journal", "--wait", "60").
		says("1 message sent to")
	a.must("message", "send", "DIRECT=TCP:"+b.address+`\private$\notes`, "--body", "two", "--wait", "60",
		"--ack", "reached,received", "--admin-queue", "told").says("1 message sent to")
	a.must("message", "send", `BETA\private$\notes`, "--body", "three", "--express", "--wait", "60")
	b.until("orders", "full", holding(1))
	b.until("notes", "full", holding(2))
	if m := document[mgmtclient.Message](b.must("message", "receive", "orders", "--json")); string(m.Body) != "one" || !m.Transactional {
		t.Errorf("received %+v", m)
	}
	// The sender learns that it was read, and keeps the copy it asked for.
	a.until(`BETA\private$\orders`, "empty", holding(0))
	if n := a.count(mgmtclient.MachineJournal); n != 1 {
		t.Errorf("%d messages in the journal, want 1", n)
	}
	b.must("message", "receive", "notes")
	b.must("message", "receive", "notes")
	a.until("told", "told of arrival and receipt", holding(2))

	q := document[mgmtclient.Queue](b.must("queue", "show", "orders", "--json"))
	if len(q.Incoming) != 1 || q.Incoming[0].Last.Number != 1 || q.Incoming[0].Source != pa.ready.ID {
		t.Errorf("incoming %+v", q.Incoming)
	}
	m := document[mgmtclient.Machine](a.must("machine", "show", "--json"))
	if m.Network.Sessions == 0 || m.Outgoing != 0 {
		t.Errorf("machine %+v, network %+v", m, m.Network)
	}
	pa.stop()
	pb.stop()
	a.must("check").says("all is well")
	b.must("check").says("all is well")
}

func TestWhatIsEnteredWithoutALineArrivesOnceAndInOrder(t *testing.T) {
	const orders = 20
	r := newRegion(t)
	a, b := r.town("DESK"), r.town("HUB")
	pa, pb := a.serve(), b.serve()
	b.must("queue", "create", "orders", "--transactional", "--allow-send", "anonymous")
	pb.stop()
	for i := range orders {
		a.must("message", "send", `HUB\private$\orders`, "--body", fmt.Sprint(i), "--transactional", "--dead-letter").says("kept for")
	}
	q := a.until(`HUB\private$\orders`, "tried", func(q mgmtclient.Queue) bool { return len(q.Outgoing.History) > 0 && q.Outgoing.Failures > 0 })
	if q.State != "WAITING" || q.Outgoing.Unsent != orders || q.Outgoing.Why == "" || q.Outgoing.Oldest == nil {
		t.Errorf("queue %+v, %+v", q, q.Outgoing)
	}
	pa.kill()
	equal(t, "kept", a.count(`HUB\private$\orders`), int64(orders))

	pb = b.serve()
	a.must("outgoing", "pause", `HUB\private$\orders`)
	pa = a.serve()
	equal(t, "state", document[mgmtclient.Queue](a.must("outgoing", "show", `HUB\private$\orders`, "--json")).State, "ONHOLD")
	a.must("outgoing", "resume", `HUB\private$\orders`)
	b.until("orders", "full", holding(orders))
	var bodies []string
	for _, m := range document[[]mgmtclient.Message](b.must("message", "list", "orders", "--limit", "0", "--body-limit", "-1", "--json")) {
		bodies = append(bodies, string(m.Body))
	}
	for i := range orders {
		if len(bodies) != orders || bodies[i] != fmt.Sprint(i) {
			t.Fatalf("arrived: %q", bodies)
		}
	}
	a.until(`HUB\private$\orders`, "delivered", func(q mgmtclient.Queue) bool { return q.Outgoing.Unsent == 0 && q.Outgoing.Unread == orders })
	unread := document[[]mgmtclient.Message](a.must("message", "list", `HUB\private$\orders;awaiting`, "--json"))
	if len(unread) != orders || unread[0].Transfer != mgmtclient.TransferDelivered {
		t.Errorf("%d delivered, the first %+v", len(unread), unread[0])
	}
	pa.stop()
	pb.stop()
	a.must("check").says("all is well")
}

func TestACommandThatWaitsLetsItsMessageLeave(t *testing.T) {
	r := newRegion(t)
	b := r.town("HUB")
	b.must("queue", "create", "notes", "--allow-send", "anonymous")
	// A command knows no table of hosts and no other port than the usual one.
	ln, err := net.Listen("tcp4", "127.0.0.21:1801")
	if err != nil {
		t.Fatalf("this test needs port 1801 of 127.0.0.21: %v", err)
	}
	_ = ln.Close()
	b.address, r.port = "127.0.0.21", 1801
	pb := b.serve()
	a := newSite(t)
	const notes = `DIRECT=TCP:127.0.0.21\private$\notes`
	a.must("message", "send", notes, "--body", "kept").says("kept for", "leaves when a queue manager runs")
	a.must("message", "send", notes, "--body", "sent", "--wait", "60").says("sent to")
	b.until("notes", "full", holding(2))
	pb.stop()
	a.run("message", "send", notes, "--body", "x", "--wait", "0.3").exits(exitNothing).complains("no other machine accepted it")
}

func TestOfSeveralDestinationsNoneIsForgotten(t *testing.T) {
	r := newRegion(t)
	a, b := r.town("ALPHA"), r.town("BETA")
	r.town("DOWN")
	pa, pb := a.serve(), b.serve()
	defer pa.stop()
	defer pb.stop()
	b.must("queue", "create", "notes", "--allow-send", "anonymous")
	a.must("queue", "create", "notes")
	all := `DIRECT=OS:DOWN\private$\notes,DIRECT=OS:BETA\private$\notes,DIRECT=OS:ALPHA\private$\notes`
	a.run("message", "send", all, "--body", "x", "--wait", "2").exits(exitNothing).says("kept for").complains("nothing listens on port")
	b.until("notes", "filled", holding(1))
	if n := a.count(`DOWN\private$\notes`); n != 1 {
		t.Errorf("%d messages kept, want 1", n)
	}
	a.must("message", "send", `DIRECT=OS:BETA\private$\notes,DIRECT=OS:ALPHA\private$\notes`, "--body", "x", "--wait", "60").says("2 messages sent to")
}

func TestARefusalBecomesADeadLetterAndIsReturned(t *testing.T) {
	r := newRegion(t)
	a, b := r.town("DESK"), r.town("HUB")
	pa, pb := a.serve(), b.serve()
	const missing = `HUB\private$\orders`
	a.must("message", "send", missing, "--body", "x", "--transactional", "--dead-letter")
	a.until(mgmtclient.TransactionDeadLetter, "full", holding(1))
	letter := document[[]mgmtclient.Message](a.must("message", "list", mgmtclient.TransactionDeadLetter, "--json"))[0]
	if letter.Class != "NACK_BAD_DST_Q" {
		t.Errorf("dead letter %+v", letter)
	}
	b.must("queue", "create", "orders", "--transactional", "--allow-send", "anonymous")
	a.must("message", "return", mgmtclient.TransactionDeadLetter, "--all").says(letter.ID, "returned 1 message")
	b.until("orders", "full", holding(1))
	pa.stop()
	pb.stop()
}

func TestOfflineNothingLeaves(t *testing.T) {
	r := newRegion(t)
	a, b := r.town("DESK"), r.town("HUB")
	pa, pb := a.serve(), b.serve()
	b.must("queue", "create", "notes", "--allow-send", "anonymous")
	const notes = `HUB\private$\notes`
	a.must("message", "send", notes, "--body", "1", "--wait", "60")
	a.must("machine", "disconnect").says("DISCONNECTED")
	a.must("message", "send", notes, "--body", "2").says("kept for", "DISCONNECTED")
	if m := document[mgmtclient.Machine](a.must("machine", "show", "--json")); len(m.Network.Listening) != 0 || m.Network.Sessions != 0 {
		t.Errorf("network %+v", m.Network)
	}
	equal(t, "arrived", b.count("notes"), int64(1))
	a.must("machine", "connect")
	b.until("notes", "full", holding(2))
	pa.stop()
	pb.stop()
}

func TestATracedMessageReportsItsWay(t *testing.T) {
	r := newRegion(t)
	a, b := r.town("DESK"), r.town("HUB")
	pa, pb := a.serve(), b.serve()
	a.must("queue", "create", "reports", "--allow-send", "anonymous")
	b.must("queue", "create", "notes", "--allow-send", "anonymous")
	sent := document[mgmtclient.SendResult](a.must("message", "send", `HUB\private$\notes`, "--body", "x", "--report-queue", "reports", "--json"))
	a.until("reports", "told of leaving and of arriving", holding(2))
	_, ordinal, _ := strings.Cut(sent.FirstID, `}\`)
	for _, m := range document[[]mgmtclient.Message](a.must("message", "list", "reports", "--json")) {
		if m.Class != "REPORT" || !strings.Contains(m.Label, ":0000000"+ordinal+":") {
			t.Errorf("report %+v of message %s", m, sent.FirstID)
		}
	}
	pa.stop()
	pb.stop()
}

func TestASecondQueueManagerOnAPortIsToldWhy(t *testing.T) {
	r := newRegion(t)
	a := r.town("ALPHA")
	a.serve()
	b := r.town("BETA")
	b.address = a.address
	b.run("serve", "--json", "--listen", b.address, "--port", fmt.Sprint(r.port), "--ping-port", fmt.Sprint(r.ping)).
		exits(exitFailed).complains(fmt.Sprint(r.port), "another program uses port")
	b.must("queue", "list") // its folder is free again
}

func TestHardenedModeLocksWhatIsNotHTTP(t *testing.T) {
	r := newRegion(t)
	a, b := r.town("DESK"), r.town("HUB")
	pa, pb := a.serve(), b.serve()
	b.must("queue", "create", "notes", "--allow-send", "anonymous")
	const notes = `HUB\private$\notes`
	a.must("machine", "set", "--hardened")
	a.must("message", "send", notes, "--body", "x").says("kept for", "LOCKED")
	if m := document[mgmtclient.Machine](a.must("machine", "show", "--json")); len(m.Network.Listening) != 0 || !m.Network.Hardened {
		t.Errorf("network %+v", m.Network)
	}
	a.must("queue", "create", "here")
	a.must("message", "send", "here", "--body", "local mail goes on")
	a.must("machine", "set", "--hardened=false").complains("when the queue manager is started again")
	equal(t, "state", document[mgmtclient.Queue](a.must("outgoing", "show", notes, "--json")).State, "LOCKED")
	pa.stop()
	pa = a.serve()
	b.until("notes", "full", holding(1))
	pa.stop()
	pb.stop()
}
