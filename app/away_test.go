package app

import (
	"strings"
	"testing"
)

func TestWhatIsSentToAnotherComputerIsFollowedHere(t *testing.T) {
	posts := newPosts(t, "HUB", "DEPOT")
	hub, depot := posts[0], posts[1]
	hub.must("queue", "create", "orders", "--transactional", "--allow-send", "anonymous")
	send := func(s site, flags ...string) answer {
		t.Helper()
		return s.run(append([]string{"message", "send", "orders", "--node", hub.at(), "--user", "admin", "--transactional", "--body", "x"}, flags...)...)
	}
	send(depot.site, "--wait", "60").exits(exitDone).says("1 message sent to orders")

	away := "DIRECT=TCP:" + hub.address + `\private$\orders`
	depot.must("outgoing", "pause", away)
	send(depot.site).exits(exitDone).says("kept for orders", "ONHOLD")
	send(depot.site, "--wait", "0.1").exits(exitNothing).says("kept for orders").complains("it is kept and leaves later")
	depot.must("outgoing", "resume", away)
	depot.until("the rest has left", func() bool { return hub.count("orders") == 3 })

	// No queue manager runs here.
	alone := newSite(t)
	send(alone).exits(exitDone).says("kept for orders", "leaves when a queue manager runs")
}

func TestWhatNobodyTellsOthersIsSaidToBeSo(t *testing.T) {
	posts := newPosts(t, "HUB", "DEPOT")
	hub, depot := posts[0], posts[1]
	on := func(args ...string) answer {
		t.Helper()
		return depot.on(hub.at(), "admin", args...)
	}
	on("queue", "create", "orders").exits(exitDone)
	on("queue", "acl", "orders", "--allow", "clerk=look").exits(exitFailed).complains("HUB does not tell others who", "clerk", "give the SID")
	on("queue", "acl", "orders", "--allow", "everyone=look").exits(exitDone).says("Everyone")
	on("queue", "acl", "--machine").exits(exitFailed).complains("permissions of the queue manager", "on that computer only")
	on("machine", "tidy").exits(exitDone).says("not told to other computers")
	on("bench", "send").exits(exitUsage).complains("--node is for verbs that work on another computer")
	if a := on("message", "list", "nosuch").exits(exitFailed); strings.Contains(a.err, "no messages") {
		t.Errorf("of a queue that does not exist: %s", a.err)
	}
	depot.run("queue", "list", "--node", "no name", "--anonymous").exits(exitFailed).complains("use the computer", "is no address")
}
