package app

import (
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
