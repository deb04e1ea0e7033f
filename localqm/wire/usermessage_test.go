package wire_test

import (
	"bytes"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/localqm/wire"
)

func TestAReaderGetsTheUserMessagePacketAlone(t *testing.T) {
	m := &mq.Message{
		ID: mq.ObjectID{Source: mq.GUID{1}, Ordinal: 7}, SourceMachine: mq.GUID{1}, Label: "order", Body: []byte("body of it"), Extension: []byte("more"),
		Destination: mq.DirectOS("host", mq.PrivatePrefix+"orders"),
	}
	m.Defaults()
	sent, err := wire.Append(nil, m, m.SourceMachine)
	if err != nil {
		t.Fatal(err)
	}
	head, at, err := wire.Split(m, m.SourceMachine)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := wire.AppendExtension(bytes.Clone(head), wire.Extension{DeadLetterQueue: `DIRECT=OS:host\private$\dead`})
	if err != nil {
		t.Fatal(err)
	}
	for what, h := range map[string][]byte{"as sent": head, "with what is kept behind": stored} {
		if got, err := wire.UserMessage(h, at, m.Body, mq.ClassNormal); err != nil || !bytes.Equal(got, sent) {
			t.Errorf("%s: %x, %v", what, got, err)
		}
	}
	dead, err := wire.UserMessage(stored, at, m.Body, mq.ClassNackReachQueueTimeout)
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.Parse(dead, mq.GUID{1})
	if err != nil || got.Class != mq.ClassNackReachQueueTimeout || got.Label != "order" || !bytes.Equal(got.Body, m.Body) {
		t.Errorf("a dead letter: %+v, %v", got, err)
	}
	if _, err := wire.UserMessage(head[:40], at, m.Body, mq.ClassNormal); err == nil {
		t.Error("half a packet is given to readers")
	}
}
