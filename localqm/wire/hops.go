package wire

import "posthouse/localqm/mq"

// userFlagsAt is where UserHeader.Flags are in a packet.
const userFlagsAt = baseSize + userSize - 4

// Hops is how many routing servers a packet or head has passed (UserHeader.Flags.RC);
// 0 for one that is cut off.
func Hops(packet []byte) uint8 {
	if len(packet) < baseSize+userSize {
		return 0
	}
	return packet[userFlagsAt] & userHops
}

// SetHops writes it, the only thing of a packet that a routing server changes
// (MS-MQQB 3.1.5.8.2).
func SetHops(packet []byte, hops uint8) error {
	if len(packet) < baseSize+userSize {
		return malformed("a packet of %d bytes has no UserHeader", len(packet))
	}
	if hops > userHops {
		return mq.Errorf(mq.ErrIllegalPropertyValue, "encode a message", "it passed %d routing servers and a packet counts to %d", hops, userHops)
	}
	packet[userFlagsAt] = packet[userFlagsAt]&^userHops | hops
	return nil
}

// SetMachine writes whose queue a packet goes to (UserHeader.QueueManagerAddress).
func SetMachine(packet []byte, machine mq.GUID) error {
	if len(packet) < baseSize+userSize {
		return malformed("a packet of %d bytes has no UserHeader", len(packet))
	}
	copy(packet[baseSize+len(mq.GUID{}):], machine[:])
	return nil
}
