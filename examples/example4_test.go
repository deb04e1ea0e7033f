package examples

import "testing"

// Example 4: Creating and Monitoring a Remote Private Queue (MS-MQOD 3.4).
//
// The text creates the queue with MC-MQAC's IMSMQQueueInfo4::Create. Here that is
// qmcomm's R_QMCreateObjectInternal (MS-MQMP 3.1.4.5), which one Posthouse offers to
// another and modern Windows does not.
func TestExample4CreatingAndMonitoringARemotePrivateQueue(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	remote := n.computer("REMOTE", officeAddress, "")
	entry := n.computer("ENTRY", "127.0.0.31", "REMOTE="+officeAddress)
	processing := n.computer("PROCESSING", "127.0.0.32", "REMOTE="+officeAddress)
	desk := n.computer("DESK", laptopAddress, "").on(remote, "admin")

	n.step("Initial state: the queue managers run. The applications know the remote machine's address, and its queue's.")
	remote.start()
	entry.start()
	processing.start()
	n.step("Prerequisites: the administrator has the rights to create queues on the remote machine and to query it, the business application an account.")
	remote.must("account", "add", "admin", "--administrator")
	clerk := decoded[struct{ SID string }](remote, remote.must("account", "add", "clerk"))

	n.step("1-4: the administrator creates a private queue on the remote machine, and is told of success.")
	desk.must("queue", "create", "orders", "--label", "Orders", "--allow-send", "anonymous")
	desk.must("queue", "acl", "orders", "--allow", clerk.SID+"=look,take,see properties")
	if q := remote.queue("orders"); q.Label != "Orders" || q.Messages != 0 {
		t.Fatalf("on the remote machine there is %+v", q)
	}

	n.step("5: applications on other machines send messages to it and receive from it.")
	for _, text := range []string{"order 1", "order 2", "order 3"} {
		entry.must("message", "send", `DIRECT=OS:REMOTE\private$\orders`, "--body", text, "--label", text)
	}
	remote.holds("orders", 3)
	if m := processing.on(remote, "clerk").receive("orders"); m.Label != "order 1" {
		t.Errorf("received %q", m.Label)
	}

	n.step("6-7: the administrator asks for PROPID_MGMT_QUEUE_MESSAGE_COUNT, and gets the number of messages in the queue.")
	state := func() string {
		return string(remote.must("queue", "show", "orders")) + string(processing.on(remote, "clerk").must("message", "list", "orders"))
	}
	before := state()
	if q := desk.queue("orders"); q.Messages != 2 {
		t.Errorf("the administrator is told of %d messages", q.Messages)
	}

	n.step("Final state: the new private queue is ready, and the query has changed nothing.")
	if after := state(); after != before {
		t.Errorf("the queue was %s and is %s", before, after)
	}
	if m := processing.on(remote, "clerk").receive("orders"); m.Label != "order 2" {
		t.Errorf("received %q", m.Label)
	}
	if q := remote.queue("orders"); q.Messages != 1 || q.Type != "PRIVATE" || q.Location != "LOCAL" {
		t.Errorf("in the end there is %+v", q)
	}
}
