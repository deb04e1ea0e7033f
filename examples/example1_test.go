package examples

import "testing"

// The places of both examples.
const (
	officeAddress = "127.0.0.12" // as its queue manager listens
	lineAddress   = "127.0.0.22" // as others find it
	laptopAddress = "127.0.0.11"
)

const order = `DIRECT=OS:OFFICE\private$\orders`

// Example 1: Disconnected Data Entry (MS-MQOD 3.1). The text's step numbers are
// given.
func TestExample1DisconnectedDataEntry(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	office := n.computer("OFFICE", officeAddress, "")
	laptop := n.computer("LAPTOP", laptopAddress, "OFFICE="+lineAddress)
	n.lineTo(office, lineAddress, laptopAddress)

	n.step("Initial state: the central office server has the order queue, whose address the order entry application knows.")
	office.start()
	office.must("queue", "create", "orders", "--transactional", "--allow-send", "anonymous")
	laptop.start()

	n.step("1-3: the order entry application sends message 1 in a transaction.")
	laptop.send(order, "message 1", "--journal")
	n.step("4-5: the laptop keeps it in its outgoing queue, opens a session and sends it.")
	n.crossed("-> EstablishConnection", "<- EstablishConnection", "-> ConnectionParameters", "<- ConnectionParameters", "-> UserMessage")
	n.step("6: the office stores it in the order queue.")
	office.holds("orders", 1)
	n.step("7: the office acknowledges it, in the session and in its stream.")
	n.crossed("<- OrderAck")
	n.until("the laptop knows that message 1 was delivered and not read", func() bool {
		q, ok := laptop.outgoing(order)
		return ok && q.Outgoing.Unsent == 0 && q.Outgoing.Unread == 1
	})

	n.step("8-11: the order processing application receives it; the office deletes it.")
	if m := office.receive("orders"); m.Label != "message 1" || !m.Transactional {
		t.Errorf("received %+v", m)
	}
	if q := office.queue("orders"); q.Messages != 0 {
		t.Errorf("%d messages are left", q.Messages)
	}
	n.step("12: the office sends a final acknowledgement, and the laptop keeps its copy in the journal.")
	n.crossed("<- FinalAck")
	laptop.holds(`.\system$;journal`, 1)
	n.until("nothing is left in the outgoing queue", func() bool {
		q, ok := laptop.outgoing(order)
		return !ok || q.Messages == 0
	})

	n.step("13-16: the line is cut. The application sends message 2, which may take 8 seconds to the queue; the laptop keeps it.")
	n.line.Down(true)
	n.forget()
	laptop.send(order, "message 2", "--ttrq", "8")
	q, ok := laptop.outgoing(order)
	if !ok || q.Outgoing.Unsent != 1 {
		t.Fatalf("the outgoing queue: %+v", q)
	}
	n.step("17-20: the laptop tries, and tries again, in vain.")
	n.until("two tries have failed", func() bool {
		q, ok := laptop.outgoing(order)
		return !ok || q.Messages == 0 || q.Outgoing.Failures >= 2
	})
	n.step("21: it moves message 2 to its dead-letter queue for transactional messages.")
	laptop.holds(`.\system$;deadxact`, 1)
	n.step("22: the order entry application receives it from there, with the reason.")
	m := laptop.receive(`.\system$;deadxact`)
	if m.Label != "message 2" || m.Class != "NACK_REACH_QUEUE_TIMEOUT" {
		t.Errorf("the dead letter: %s, %s", m.Label, m.Class)
	}

	n.step("Final state: as in the beginning. Message 2 does not come when the line is back.")
	n.line.Down(false)
	laptop.send(order, "message 3")
	if m := office.receive("orders"); m.Label != "message 3" {
		t.Errorf("after the line was back came %q", m.Label)
	}
	if q := office.queue("orders"); q.Messages != 0 {
		t.Errorf("%d messages are left", q.Messages)
	}
}

// What disconnected data entry is for: a day's orders while the line is down, a
// power cut in between, and all of them once and in order when it is back.
func TestExample1OrdersEnteredWhileTheLineIsDown(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	office := n.computer("OFFICE", officeAddress, "")
	laptop := n.computer("LAPTOP", laptopAddress, "OFFICE="+lineAddress)
	n.lineTo(office, lineAddress, laptopAddress)
	office.start()
	office.must("queue", "create", "orders", "--transactional", "--allow-send", "anonymous")
	office.stop()
	laptop.start()

	n.step("Twenty orders are entered while the office is off.")
	var entered []string
	for i := range 20 {
		entered = append(entered, "order "+string(rune('A'+i)))
		laptop.send(order, entered[i])
	}
	n.step("The laptop's power fails.")
	laptop.kill()
	n.step("Both start again.")
	laptop.start()
	office.start()
	for _, want := range entered {
		if m := office.receive("orders"); m.Label != want {
			t.Fatalf("received %q where %q was next", m.Label, want)
		}
	}
	if q := office.queue("orders"); q.Messages != 0 {
		t.Errorf("%d messages came twice", q.Messages)
	}
}
