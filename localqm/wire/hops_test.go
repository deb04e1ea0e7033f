package wire_test

import (
	"bytes"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/localqm/wire"
)

func TestOnlyTheHopCountOfAPacketChanges(t *testing.T) {
	m := &mq.Message{Label: "a", Destination: mq.Private(mq.GUID{1}, 7), Body: []byte("body"), Transactional: true, HopCount: 3}
	packet, err := wire.Append(nil, m, mq.GUID{2})
	if err != nil {
		t.Fatal(err)
	}
	before := bytes.Clone(packet)
	if got := wire.Hops(packet); got != 3 {
		t.Errorf("hops %d", got)
	}
	if err := wire.SetHops(packet, 0x1d); err != nil {
		t.Fatal(err)
	}
	got, err := wire.Parse(packet, mq.GUID{2})
	if err != nil || got.HopCount != 0x1d || !got.Transactional || !got.Destination.Equal(m.Destination) {
		t.Errorf("%+v %v", got, err)
	}
	if err := wire.SetHops(packet, 3); err != nil || !bytes.Equal(packet, before) {
		t.Errorf("it is not what it was: %v", err)
	}
	if err := wire.SetHops(packet, 0x20); err == nil || !bytes.Equal(packet, before) {
		t.Errorf("a count that does not fit: %v", err)
	}
	if err := wire.SetMachine(packet, mq.GUID{9}); err != nil {
		t.Fatal(err)
	}
	if got, err = wire.Parse(packet, mq.GUID{2}); err != nil || got.DestinationMachine != (mq.GUID{9}) || got.HopCount != 3 {
		t.Errorf("%+v %v", got, err)
	}
	short := packet[:63]
	if wire.Hops(short) != 0 || wire.SetHops(short, 1) == nil || wire.SetMachine(short, mq.GUID{}) == nil {
		t.Error("a packet without UserHeader has hops")
	}
}
