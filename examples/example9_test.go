package examples

import "testing"

// Example 9: Business-to-Business Messaging Across Heterogeneous Systems (MS-MQOD
// 3.9). The text's step numbers are given.
func TestExample9MessagingAcrossHeterogeneousSystems(t *testing.T) {
	t.Parallel()
	f := newForest(t)
	customer := f.joined("CUSTOMER", "127.0.0.46")
	gateway := f.joined("GATEWAY", "127.0.0.47")
	f.reach(customer, gateway)
	manufacturer := f.named("MAKER")

	f.step("Initial state: the messaging gateway is the connector server of the manufacturer's network.")
	f.sites(nil, "Enterprise")
	f.sites([]string{"--foreign"}, "Foreign")
	f.join(at{customer: "Enterprise", gateway: "Enterprise"}, gateway)
	f.link("Enterprise", "Foreign", "1", gateway)
	f.step("An administrator creates a foreign computer, and a foreign queue object for the manufacturer's queue.")
	f.t.Cleanup(func() { f.Remove(t, f.ComputerDN(manufacturer)) })
	f.admin.must("directory", "create", "computer", manufacturer, "--site", f.named("Foreign"))
	f.admin.must("directory", "create", "queue", manufacturer+`\status`, "--transactional")
	status := "PUBLIC=" + f.id(manufacturer+`\status`).String()
	connector := "CONNECTOR=" + f.id(f.named("Foreign")).String() + ";XACTONLY"
	f.step("The response queue is configured on the customer server.")
	customer.start()
	gateway.start()
	customer.must("queue", "create", `.\responses`, "--transactional", "--allow-send", "anonymous")
	responses := "PUBLIC=" + f.id(customer.name+`\responses`).String()

	f.step("1-3: the supply-chain management software sends a request; the customer's queue manager finds the foreign queue and the way to it.")
	customer.send(manufacturer+`\status`, "request 1", "--response-queue", responses)
	f.step("4-5: it goes to the messaging gateway, which stores it in the connector queue.")
	gateway.holds(connector, 1)
	if q := gateway.queue(connector); q.Type != "CONNECTOR" || !q.Transactional {
		t.Errorf("the connector queue is %+v", q)
	}
	if _, err := gateway.run("queue", "delete", connector, "--yes"); err == nil {
		t.Error("the connector queue could be deleted")
	}

	f.step("6: the connector application receives it, with the queue that it is for and the one for responses.")
	answer := func(app *computer, request string) {
		t.Helper()
		m := app.receive(connector)
		if m.Label != request || m.DestinationQueue != status || m.ResponseQueue != responses {
			t.Errorf("received %q for %s with responses to %s", m.Label, m.DestinationQueue, m.ResponseQueue)
		}
		f.step("7-9: it has the answer and sends it to the response queue; the gateway's queue manager brings it to the customer.")
		gateway.send(m.ResponseQueue, "response to "+m.Label)
		f.step("10-11: the supply-chain management software receives the status report.")
		if m := customer.receive(responses); m.Label != "response to "+request {
			t.Errorf("received %q", m.Label)
		}
	}
	answer(gateway, "request 1")
	f.until("the customer's queue manager knows that the request was received", func() bool {
		q, ok := customer.outgoing(status)
		return !ok || q.Messages == 0
	})

	f.step("The same with a connector application on another computer.")
	gateway.must("account", "add", "connector")
	gateway.must("queue", "acl", connector, "--allow", "connector=look,take")
	app := f.computer("APPLICATION", "", "").on(gateway, "connector")
	customer.send(manufacturer+`\status`, "request 2", "--response-queue", responses)
	gateway.holds(connector, 1)
	answer(app, "request 2")

	f.step("Final state: as in the beginning.")
	for _, q := range []struct {
		at   *computer
		name string
	}{{gateway, connector}, {customer, responses}, {customer, `.\system$;deadxact`}} {
		q.at.holds(q.name, 0)
	}
	for _, c := range []*computer{customer, gateway} {
		f.until("nothing waits on "+c.name, c.idle)
	}
}
