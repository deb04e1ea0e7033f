package examples

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"posthouse/directory/notice"
)

// Example 3: Modify a Public Queue (MS-MQOD 3.3), over LDAP. The text's step numbers
// are given. In place of R_QMSetObjectProperties the application uses what the window
// and the command line use on their own computer.
func TestExample3ModifyAPublicQueue(t *testing.T) {
	t.Parallel()
	f := newForest(t)
	client := f.joined("CLIENT", "127.0.0.48")
	server := f.joined("SERVER", "127.0.0.49")
	f.reach(client, server)
	f.sites(nil, "Office")
	f.join(at{client: "Office", server: "Office"})
	client.start()
	server.start()

	f.step("Initial state: the remote machine has created a public queue, and the directory has an object for it.")
	for _, q := range []string{"orders", "audit"} {
		server.must("queue", "create", `.\`+q, "--label", "As it was", "--allow-send", "anonymous")
	}
	orders, audit := f.id(server.name+`\orders`), f.id(server.name+`\audit`)
	f.step("Prerequisites: the client's queue manager has the rights to modify it.")
	server.must("queue", "acl", `.\orders`, "--allow", f.sid(client)+"=see properties,change properties,see permissions")
	label := func(queue string) string { return server.queue("PUBLIC=" + queue).Label }

	f.step("1: the application lets the client's queue manager change properties, with the identifier of the queue.")
	client.must("queue", "set", "PUBLIC="+orders.String(), "--label", "As it is", "--quota", "77")
	f.step("2-3: it has updated the object in the directory.")
	if e := f.entry(orders.String()); e.Label != "As it is" || e.Queue.QuotaKB == nil || *e.Queue.QuotaKB != 77 {
		t.Errorf("the directory has %q, %+v", e.Label, e.Queue)
	}
	f.step("4-7: the server's queue manager is notified, reads the directory, and updates its queue.")
	f.until("the server follows", func() bool { return label(orders.String()) == "As it is" })
	if q := server.queue(`.\orders`); q.QuotaKB == nil || *q.QuotaKB != 77 {
		t.Errorf("the server has %+v", q)
	}

	f.step("Without the right nothing changes anywhere.")
	if _, err := client.run("queue", "set", "PUBLIC="+audit.String(), "--label", "Mine"); err == nil {
		t.Error("a queue was changed without a right")
	}
	if e := f.entry(audit.String()); e.Label != "As it was" {
		t.Errorf("the directory has %q", e.Label)
	}

	f.step("A notification of version 1, that another queue was changed or deleted, is ignored; a notification is never believed, but makes look.")
	f.admin.must("directory", "set", audit.String(), "--label", "Unheard of") // beside no queue manager that could notify
	notify := func(body []byte) {
		t.Helper()
		file := filepath.Join(f.dir, "notification")
		if err := os.WriteFile(file, body, 0o600); err != nil {
			t.Fatal(err)
		}
		client.must("message", "send", fmt.Sprintf(`PRIVATE=%s\%08x`, f.id(server.name), notice.Queue), "--body-file", file, "--express")
	}
	for _, command := range []notice.Command{notice.Change, notice.Delete} {
		old, err := notice.AppendUpdates(nil, []notice.Update{{Command: command, ID: audit, Master: f.id(f.named("Office"))}})
		if err != nil {
			t.Fatal(err)
		}
		notify(old)
	}
	f.console(client).must("directory", "set", orders.String(), "--label", "By the console")
	f.until("the server follows the console of the client", func() bool { return label(orders.String()) == "By the console" })
	if now := label(audit.String()); now != "As it was" {
		t.Errorf("version 1 made the server look: %q", now)
	}
	newer, err := notice.Notice{Event: notice.QueueDeleted, Object: audit, Controller: f.Controller}.Body()
	if err != nil {
		t.Fatal(err)
	}
	notify(newer)
	f.until("version 2 makes it look", func() bool { return label(audit.String()) == "Unheard of" })

	f.step("Final state: the queue is ready.")
	client.must("message", "send", server.name+`\orders`, "--body", "order 1", "--label", "order 1")
	if m := server.receive(`.\orders`); m.Label != "order 1" {
		t.Errorf("received %q", m.Label)
	}
}

// sid is that of a computer's account (MS-DTYP 2.4.2.2).
func (f *forest) sid(c *computer) string {
	f.t.Helper()
	r, ok := f.Read(f.t, f.ComputerDN(c.name), "objectSid")
	b := []byte(r.Get("objectSid"))
	if !ok || len(b) < 8 || len(b) != 8+4*int(b[1]) {
		f.t.Fatalf("the account of %s has the SID % x", c.name, b)
	}
	text := fmt.Sprintf("S-%d-%d", b[0], b[7])
	for sub := b[8:]; len(sub) > 0; sub = sub[4:] {
		text += fmt.Sprintf("-%d", binary.LittleEndian.Uint32(sub))
	}
	return text
}
