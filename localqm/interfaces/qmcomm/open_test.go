package qmcomm_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/qmcomm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
)

func TestWhatCannotBeOpenedIsRefused(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	c := m.as("alice")
	id := m.qm.Identity().ID.String()
	const other = `DIRECT=OS:other\private$\q`
	for _, x := range []struct {
		what, name    string
		access, share uint32
		want          mq.HResult
	}{
		{"no access", direct("q"), 0, 0, mq.ErrUnsupportedAccessMode},
		{"to receive and send", direct("q"), receive | send, 0, mq.ErrUnsupportedAccessMode},
		{"to move", direct("q"), 4, 0, mq.ErrUnsupportedAccessMode},
		{"to send as administrator", direct("q"), send | 0x80, 0, mq.ErrUnsupportedAccessMode},
		{"another share", direct("q"), receive, 2, mq.ErrInvalidParameter},
		{"to send exclusively", direct("q"), send, 1, mq.ErrUnsupportedAccessMode},
		{"one that does not exist", direct("none"), receive, 0, mq.ErrQueueNotFound},
		{"one that does not exist, to send", direct("none"), send, 0, mq.ErrQueueNotFound},
		{"a subqueue, to send", direct("q") + ";sub", send, 0, mq.ErrUnsupportedFormatNameOperation},
		{"a journal, to send", direct("q") + ";journal", send, 0, mq.ErrUnsupportedFormatNameOperation},
		{"dead letters, to send", `DIRECT=OS:TEST\SYSTEM$;DEADLETTER`, send, 0, mq.ErrUnsupportedFormatNameOperation},
		{"a machine, to send", `MACHINE=` + id + `;JOURNAL`, send, 0, mq.ErrUnsupportedFormatNameOperation},
		{"a connector, to send", `CONNECTOR=` + id, send, 0, mq.ErrUnsupportedFormatNameOperation},
		{"HTTP, to receive", `DIRECT=HTTP://TEST/msmq/private$/q`, receive, 0, mq.ErrUnsupportedFormatNameOperation},
		{"multicast, to receive", `MULTICAST=224.0.0.9:8001`, receive, 0, mq.ErrUnsupportedFormatNameOperation},
		{"a list, to receive", `DL=` + id, peek, 0, mq.ErrUnsupportedFormatNameOperation},
		{"a public one", `PUBLIC=` + id, receive, 0, mq.ErrUnsupportedFormatNameOperation},
		{"what waits for a queue of this computer", direct("q"), receive | 0x80, 0, mq.ErrUnsupportedAccessMode},
		{"what waits for another, when nothing does", other, peek | 0x80, 0, mq.ErrQueueNotFound},
		{"a private name of another computer", `PRIVATE=00000000-0000-0000-0000-000000000001\0000000a`, receive, 0, mq.ErrNoDS},
	} {
		_, err := c.tryOpen(x.name, x.access, x.share)
		answers(t, x.what, err, x.want)
	}
	for what, r := range map[string]*stub.OpenQueueInternalRequest{
		"dwpQueue without hRemoteQueue":         {QueueID: 5},
		"dwpRemoteContext without hRemoteQueue": {RemoteContext: 5},
	} {
		r.QueueFormat, r.DesiredAccess = format(t, direct("q")), receive
		_, err := c.one.OpenQueueInternal(t.Context(), r)
		answers(t, what, err, mq.ErrInvalidParameter)
	}
}

func TestAQueueIsOpenedForOneReaderAlone(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	c := m.as("alice")
	h, err := c.tryOpen(direct("q"), receive, 1)
	ok(t, err)
	_, err = c.tryOpen(direct("q"), receive, 0)
	answers(t, "opened again", err, mq.ErrSharingViolation)
	remote := func() error {
		_, err := c.one.OpenRemoteQueue(t.Context(), &stub.OpenRemoteQueueRequest{QueueFormat: format(t, direct("q")), DesiredAccess: receive})
		return err
	}
	answers(t, "opened for a remote reader", remote(), 0xC0000043)
	ok(t, h.close())
	ok(t, remote())
}

func TestOneOfAnotherComputerIsSentToAndToldWhere(t *testing.T) {
	m := start(t)
	c := m.as("alice")
	const other = `DIRECT=OS:other\private$\q`
	open := func(name string, access uint32) *stub.OpenQueueInternalResponse {
		t.Helper()
		out, err := c.one.OpenQueueInternal(t.Context(), &stub.OpenQueueInternalRequest{QueueFormat: format(t, name), DesiredAccess: access})
		ok(t, err)
		return out
	}
	for name, want := range map[string]string{
		other: `other\private$\q`, `DIRECT=TCP:10.0.0.1\private$\q`: `10.0.0.1\private$\q`, other + ";journal": `other\private$\q;journal`,
		`DIRECT=OS:other\SYSTEM$;DEADLETTER`: `other\system$;deadletter`,
	} {
		for _, access := range []uint32{receive, peek} {
			out := open(name, access)
			if out.RemoteQueueName != want || out.QMContext != 0 || out.Queue.UUID != nil && out.Queue.UUID.Data1 != 0 {
				t.Errorf("%s: %+v, want %s", name, out, want)
			}
		}
	}
}

func TestWhatWaitsForAnotherComputerIsReadByAdministrators(t *testing.T) {
	m := start(t)
	c := m.as("alice")
	const other = `DIRECT=OS:other\private$\q`
	out, err := c.tryOpen(other, send, 0)
	ok(t, err)
	_, err = out.send(labelled("waits"))
	ok(t, err)
	_, err = m.as("bob").tryOpen(other, peek|0x80, 0)
	answers(t, "by somebody", err, mq.ErrAccessDenied)
	h, err := c.tryOpen(other, peek|0x80, 0)
	ok(t, err)
	h.expect("waits", actionCurrent, 0)
	h, err = c.tryOpen(other, receive|0x80, 0)
	ok(t, err)
	h.expect("waits", actionReceive, 0)
}

func TestAnOpenQueueIsPurgedByWhoMayReceive(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	c := m.as("alice")
	purge := func(h *handle) error {
		_, err := c.one.PurgeQueue(t.Context(), &stub.PurgeQueueRequest{Queue: h.queue})
		return err
	}
	m.qm.Send("q", qmtest.Message("m"))
	answers(t, "open to peek", purge(c.open("q", peek)), mq.ErrAccessDenied)
	answers(t, "open to send", purge(c.open("q", send)), mq.ErrAccessDenied)
	h := c.open("q", receive)
	ok(t, purge(h))
	if got := m.qm.Labels("q"); len(got) != 0 {
		t.Errorf("the queue has %v", got)
	}
	ok(t, m.qm.DeleteQueue(t.Context(), qmtest.Owner, qmtest.Name(t, "q")))
	answers(t, "a queue that is gone", purge(h), mq.ErrQueueDeleted)
	h.none(mq.ErrQueueDeleted, actionReceive, 0)
	ok(t, h.close())
	answers(t, "a closed one", purge(h), mq.ErrInvalidHandle)
}

func TestAnOpenQueueTellsItsFormatName(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	c := m.as("alice")
	name := direct("q")
	h := c.open("q", receive)
	need := uint32(len(name) + 1)
	ask := func(room, length uint32) (*stub.HandleToFormatNameResponse, error) {
		return c.one.HandleToFormatName(t.Context(), &stub.HandleToFormatNameRequest{
			Queue: h.queue, FormatNameRPCBufferLength: room, FormatName: strings.Repeat("x", int(room)), Length: length,
		})
	}
	for _, room := range []uint32{need, need + 1, 1000} {
		out, err := ask(room, room)
		ok(t, err)
		if out.FormatName != name || out.Length != need {
			t.Errorf("in %d characters: %q, %d", room, out.FormatName, out.Length)
		}
	}
	for _, room := range []uint32{0, 1, 10, need - 1} {
		out, err := ask(room, room)
		answers(t, "a buffer that is too small", err, mq.ErrFormatNameBufferTooSmall)
		want := name[:max(int(room)-1, 0)]
		if out.Length != need || out.FormatName != want || len(utf16.Encode([]rune(out.FormatName))) > int(room) {
			t.Errorf("in %d characters: %q, %d", room, out.FormatName, out.Length)
		}
	}
	_, err := ask(need, need-1)
	answers(t, "two lengths", err, mq.ErrInvalidParameter)
	ok(t, h.close())
	_, err = ask(need, need)
	answers(t, "a closed queue", err, mq.ErrInvalidHandle)
}

func TestTheRegistryIsQueried(t *testing.T) {
	m := start(t)
	c := m.as("bob")
	for query, want := range map[uint32]string{
		1: "345600", 2: "00000000-0000-0000-0000-000000000000", 3: "6.1.6531", 4: m.qm.Identity().ID.String(),
	} {
		out, err := c.one.QueryQMRegistryInternal(t.Context(), &stub.QueryQMRegistryInternalRequest{QueryType: query})
		ok(t, err)
		if out.MQISServer != want {
			t.Errorf("query %d: %q, want %q", query, out.MQISServer, want)
		}
	}
	for query, want := range map[uint32]mq.HResult{0: mq.ErrNoDS, 5: mq.ErrInvalidParameter, 0xFFFFFFFF: mq.ErrInvalidParameter} {
		_, err := c.one.QueryQMRegistryInternal(t.Context(), &stub.QueryQMRegistryInternalRequest{QueryType: query})
		answers(t, "query", err, want)
	}
}

func TestWhoIsNotSignedInIsToldThePortAlone(t *testing.T) {
	m := serve(t, qmtest.Memory, qmcomm.Options{Ports: func() (uint16, uint16) { return 2103, 2116 }})
	c := m.as("")
	for which, want := range map[uint32]uint32{0: 2103, 1: 2116, 2: 0, 3: 0, 4: 0} {
		out, _ := c.one.GetRTQMServerPort(t.Context(), &stub.GetRTQMServerPortRequest{IP: which})
		if out == nil || out.Return != want {
			t.Errorf("port %d: %v, want %d", which, out, want)
		}
	}
	_, err := c.one.QueryQMRegistryInternal(t.Context(), &stub.QueryQMRegistryInternalRequest{QueryType: 3})
	faults(t, "a query", err, rpc.FaultAccessDenied)
	_, err = c.tryOpen(direct("q"), receive, 0)
	faults(t, "to open a queue", err, rpc.FaultAccessDenied)
	_, err = (&handle{client: c, context: 1}).read(incoming(actionReceive, 0), nil)
	faults(t, "to receive", err, rpc.FaultAccessDenied)
}

func TestWhatIsObsoleteOrNotOnTheWireIsRefused(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	c := m.as("alice")
	_, err := c.one.GetRemoteQueueName(t.Context(), &stub.GetRemoteQueueNameRequest{QueueID: 1})
	faults(t, "R_QMGetRemoteQueueName", err, rpc.Fault(mq.ErrIllegalOperation))
	_, err = c.one.SetCursorProperties(t.Context(), &stub.SetCursorPropertiesRequest{Proxy: c.open("q", receive).queue})
	answers(t, "rpc_ACSetCursorProperties", err, mq.ErrIllegalOperation)
	for _, operation := range []int{0, 5, 13, 21, 24, 25, 29, 30, 32, 33, 34, 35, 0xFFFF} {
		_, err := c.stub(stub.QmcommSyntaxV1_0, operation, nil)
		faults(t, "an operation that is none", err, rpc.FaultOperation)
	}
}
