package mq

import "testing"

func TestRightsHaveTheValuesOfTheSpecification(t *testing.T) {
	for got, want := range map[QueueRight]uint32{
		RightReceiveMessage: 0x3, RightReceiveJournalMessage: 0xA, RightQueueGenericRead: 0x2002B,
		RightQueueGenericWrite: 0x20024, RightQueueGenericAll: 0xF003F,
	} {
		if uint32(got) != want {
			t.Errorf("%v is %x, want %x", got, uint32(got), want)
		}
	}
	for got, want := range map[MachineRight]uint32{
		RightReceiveDeadLetter: 0x3, RightReceiveComputerJournal: 0xC0, RightMachineWorld: 0x20020,
		RightMachineGenericRead: 0x200E3, RightMachineGenericWrite: 0x20024, RightMachineGenericAll: 0xF00F7,
	} {
		if uint32(got) != want {
			t.Errorf("%v is %x, want %x", got, uint32(got), want)
		}
	}
}

func TestRightsPrintAndParseByName(t *testing.T) {
	for mask, want := range map[QueueRight]string{
		0: "none", RightQueueGenericAll: "FullControl", RightWriteMessage: "WriteMessage",
		RightReceiveMessage | RightWriteMessage:          "ReceiveMessage, WriteMessage",
		RightReceiveMessage | RightReceiveJournalMessage: "ReceiveMessage, ReceiveJournalMessage",
		RightQueueGenericWrite | 0x100:                   "GenericWrite, 0x100",
	} {
		if mask.String() != want {
			t.Errorf("%x prints %q, want %q", uint32(mask), mask, want)
		}
	}
	for mask := QueueRight(0); mask < 0x100; mask++ {
		if got, err := ParseQueueRights((mask | mask<<12).String()); err != nil || got != mask|mask<<12 {
			t.Errorf("%v becomes %v, %v", mask|mask<<12, got, err)
		}
		if got, err := ParseMachineRights(MachineRight(mask).String()); err != nil || got != MachineRight(mask) {
			t.Errorf("%v becomes %v, %v", MachineRight(mask), got, err)
		}
	}
	if got, err := ParseQueueRights(" writemessage,0x20 "); err != nil || got != RightWriteMessage|RightGetQueueProperties {
		t.Errorf("%v, %v", got, err)
	}
	for mask, want := range map[QueueRight]string{
		0: "nothing", RightQueueGenericAll: "everything", RightWriteMessage | RightReceiveMessage: "send, take",
		RightPeekMessage | RightGetQueueProperties: "look, see properties",
	} {
		if mask.Words() != want {
			t.Errorf("%v is said as %q, want %q", mask, mask.Words(), want)
		}
		if got, err := ParseQueueRights(want); err != nil || got != mask {
			t.Errorf("%q becomes %v, %v", want, got, err)
		}
	}
	if got, err := ParseMachineRights(MachineRight(0x24).Words()); err != nil || got != 0x24 {
		t.Errorf("%q becomes %v, %v", MachineRight(0x24).Words(), got, err)
	}
	for _, s := range []string{"", "write", "WriteMessage,", "0x100000000", "-1"} {
		_, err := ParseQueueRights(s)
		wantRefused(t, s, err, ErrInvalidParameter, "is no right on a queue")
	}
}

func TestGenericRightsAreMapped(t *testing.T) {
	for mask, want := range map[uint32]uint32{
		GenericRead: 0x2002B, GenericWrite: 0x20024, GenericAll: 0xF003F, GenericExecute: 0,
		GenericRead | GenericWrite | 0x10: 0x2003F, 0x7: 0x7,
	} {
		if got := QueueMapping.Map(mask); got != want {
			t.Errorf("%x means %x, want %x", mask, got, want)
		}
	}
	if got := MachineMapping.Map(GenericAll); got != 0xF00F7 {
		t.Errorf("%x", got)
	}
}
