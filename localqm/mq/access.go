package mq

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// QueueRight is a set of rights on a queue (MQQUEUEACCESSMASK, MS-MQMQ 2.2.24).
type QueueRight uint32

// The rights on a queue.
const (
	RightDeleteMessage          QueueRight = 0x00000001
	RightPeekMessage            QueueRight = 0x00000002
	RightWriteMessage           QueueRight = 0x00000004
	RightDeleteJournalMessage   QueueRight = 0x00000008
	RightSetQueueProperties     QueueRight = 0x00000010
	RightGetQueueProperties     QueueRight = 0x00000020
	RightDeleteQueue            QueueRight = 0x00010000
	RightGetQueuePermissions    QueueRight = 0x00020000
	RightChangeQueuePermissions QueueRight = 0x00040000
	RightTakeQueueOwnership     QueueRight = 0x00080000

	RightReceiveMessage        = RightDeleteMessage | RightPeekMessage
	RightReceiveJournalMessage = RightDeleteJournalMessage | RightPeekMessage
	RightQueueGenericRead      = RightGetQueueProperties | RightGetQueuePermissions | RightReceiveMessage | RightReceiveJournalMessage
	RightQueueGenericWrite     = RightGetQueueProperties | RightGetQueuePermissions | RightWriteMessage
	RightQueueGenericAll       = RightReceiveMessage | RightReceiveJournalMessage | RightWriteMessage |
		RightSetQueueProperties | RightGetQueueProperties | RightDeleteQueue | RightGetQueuePermissions |
		RightChangeQueuePermissions | RightTakeQueueOwnership
)

// MachineRight is a set of rights on a queue manager (MQQMACCESSMASK, MS-MQMQ
// 2.2.23).
type MachineRight uint32

// The rights on a queue manager.
const (
	RightDeleteDeadLetter         MachineRight = 0x00000001
	RightPeekDeadLetter           MachineRight = 0x00000002
	RightCreateQueue              MachineRight = 0x00000004
	RightSetMachineProperties     MachineRight = 0x00000010
	RightGetMachineProperties     MachineRight = 0x00000020
	RightDeleteComputerJournal    MachineRight = 0x00000040
	RightPeekComputerJournal      MachineRight = 0x00000080
	RightDeleteMachine            MachineRight = 0x00010000
	RightGetMachinePermissions    MachineRight = 0x00020000
	RightChangeMachinePermissions MachineRight = 0x00040000
	RightTakeMachineOwnership     MachineRight = 0x00080000

	RightReceiveDeadLetter      = RightDeleteDeadLetter | RightPeekDeadLetter
	RightReceiveComputerJournal = RightDeleteComputerJournal | RightPeekComputerJournal
	RightMachineWorld           = RightGetMachineProperties | RightGetMachinePermissions
	RightMachineGenericRead     = RightMachineWorld | RightReceiveDeadLetter | RightReceiveComputerJournal
	RightMachineGenericWrite    = RightMachineWorld | RightCreateQueue
	RightMachineGenericAll      = RightReceiveDeadLetter | RightReceiveComputerJournal | RightCreateQueue |
		RightSetMachineProperties | RightGetMachineProperties | RightDeleteMachine | RightGetMachinePermissions |
		RightChangeMachinePermissions | RightTakeMachineOwnership
)

// The generic rights of an access mask (MS-DTYP 2.4.3).
const (
	GenericRead    uint32 = 0x80000000
	GenericWrite   uint32 = 0x40000000
	GenericExecute uint32 = 0x20000000
	GenericAll     uint32 = 0x10000000
)

// GenericMapping says what the generic rights mean for a kind of object. MSMQ
// gives the generic execute right no meaning.
type GenericMapping struct{ Read, Write, Execute, All uint32 }

// The mappings of MS-MQMQ 2.2.23 and 2.2.24.
var (
	QueueMapping = GenericMapping{
		Read: uint32(RightQueueGenericRead), Write: uint32(RightQueueGenericWrite), All: uint32(RightQueueGenericAll),
	}
	MachineMapping = GenericMapping{
		Read: uint32(RightMachineGenericRead), Write: uint32(RightMachineGenericWrite), All: uint32(RightMachineGenericAll),
	}
)

// Map replaces the generic rights in mask by what they mean.
func (g GenericMapping) Map(mask uint32) uint32 {
	specific := mask &^ (GenericRead | GenericWrite | GenericExecute | GenericAll)
	if mask&GenericRead != 0 {
		specific |= g.Read
	}
	if mask&GenericWrite != 0 {
		specific |= g.Write
	}
	if mask&GenericExecute != 0 {
		specific |= g.Execute
	}
	if mask&GenericAll != 0 {
		specific |= g.All
	}
	return specific
}

// right is a named set of rights; in a table, the larger stand first.
type right struct {
	name string
	mask uint32
}

// The names are those of Set-MsmqQueueACL and Set-MsmqQueueManagerACL, which
// administrators know.
var queueRights = []right{
	{"FullControl", uint32(RightQueueGenericAll)},
	{"GenericRead", uint32(RightQueueGenericRead)},
	{"GenericWrite", uint32(RightQueueGenericWrite)},
	{"ReceiveMessage", uint32(RightReceiveMessage)},
	{"ReceiveJournalMessage", uint32(RightReceiveJournalMessage)},
	{"DeleteMessage", uint32(RightDeleteMessage)},
	{"PeekMessage", uint32(RightPeekMessage)},
	{"WriteMessage", uint32(RightWriteMessage)},
	{"DeleteJournalMessage", uint32(RightDeleteJournalMessage)},
	{"SetQueueProperties", uint32(RightSetQueueProperties)},
	{"GetQueueProperties", uint32(RightGetQueueProperties)},
	{"DeleteQueue", uint32(RightDeleteQueue)},
	{"GetQueuePermissions", uint32(RightGetQueuePermissions)},
	{"ChangeQueuePermissions", uint32(RightChangeQueuePermissions)},
	{"TakeQueueOwnership", uint32(RightTakeQueueOwnership)},
}

var machineRights = []right{
	{"FullControl", uint32(RightMachineGenericAll)},
	{"GenericRead", uint32(RightMachineGenericRead)},
	{"GenericWrite", uint32(RightMachineGenericWrite)},
	{"ReceiveDeadLetter", uint32(RightReceiveDeadLetter)},
	{"ReceiveComputerJournal", uint32(RightReceiveComputerJournal)},
	{"DeleteDeadLetter", uint32(RightDeleteDeadLetter)},
	{"PeekDeadLetter", uint32(RightPeekDeadLetter)},
	{"CreateQueue", uint32(RightCreateQueue)},
	{"SetProperties", uint32(RightSetMachineProperties)},
	{"GetProperties", uint32(RightGetMachineProperties)},
	{"DeleteComputerJournal", uint32(RightDeleteComputerJournal)},
	{"PeekComputerJournal", uint32(RightPeekComputerJournal)},
	{"DeleteQueueManager", uint32(RightDeleteMachine)},
	{"GetPermissions", uint32(RightGetMachinePermissions)},
	{"ChangePermissions", uint32(RightChangeMachinePermissions)},
	{"TakeOwnership", uint32(RightTakeMachineOwnership)},
}

// queueWords are the rights as the console says them.
var queueWords = []right{
	{"everything", uint32(RightQueueGenericAll)},
	{"send", uint32(RightWriteMessage)},
	{"take", uint32(RightReceiveMessage)},
	{"take from the journal", uint32(RightReceiveJournalMessage)},
	{"look", uint32(RightPeekMessage)},
	{"remove", uint32(RightDeleteMessage)},
	{"remove from the journal", uint32(RightDeleteJournalMessage)},
	{"see properties", uint32(RightGetQueueProperties)},
	{"change properties", uint32(RightSetQueueProperties)},
	{"see permissions", uint32(RightGetQueuePermissions)},
	{"change permissions", uint32(RightChangeQueuePermissions)},
	{"become the owner", uint32(RightTakeQueueOwnership)},
	{"delete the queue", uint32(RightDeleteQueue)},
}

// machineWords are those on a queue manager.
var machineWords = []right{
	{"everything", uint32(RightMachineGenericAll)},
	{"create queues", uint32(RightCreateQueue)},
	{"take dead letters", uint32(RightReceiveDeadLetter)},
	{"look at dead letters", uint32(RightPeekDeadLetter)},
	{"remove dead letters", uint32(RightDeleteDeadLetter)},
	{"take from the machine journal", uint32(RightReceiveComputerJournal)},
	{"look at the machine journal", uint32(RightPeekComputerJournal)},
	{"remove from the machine journal", uint32(RightDeleteComputerJournal)},
	{"see properties", uint32(RightGetMachineProperties)},
	{"change properties", uint32(RightSetMachineProperties)},
	{"see permissions", uint32(RightGetMachinePermissions)},
	{"change permissions", uint32(RightChangeMachinePermissions)},
	{"become the owner", uint32(RightTakeMachineOwnership)},
	{"delete the queue manager", uint32(RightDeleteMachine)},
}

// Words are the rights in plain words: "send, look"; "nothing" for none.
func (r QueueRight) Words() string { return words(queueWords, uint32(r)) }

// Words are the rights as QueueRight.Words says them.
func (r MachineRight) Words() string { return words(machineWords, uint32(r)) }

func words(table []right, mask uint32) string {
	if mask == 0 {
		return "nothing"
	}
	return nameRights(table, mask)
}

// String names the rights, "ReceiveMessage, WriteMessage"; bits without a name
// stand at the end in hex; "none" for none.
func (r QueueRight) String() string { return nameRights(queueRights, uint32(r)) }

// String names the rights as QueueRight.String does.
func (r MachineRight) String() string { return nameRights(machineRights, uint32(r)) }

// ParseQueueRights reads names or words separated by commas, in any case, or a number.
func ParseQueueRights(s string) (QueueRight, error) {
	m, err := parseRights(queueRights, queueWords, "queue", s)
	return QueueRight(m), err
}

// ParseMachineRights reads as ParseQueueRights does.
func ParseMachineRights(s string) (MachineRight, error) {
	m, err := parseRights(machineRights, machineWords, "computer", s)
	return MachineRight(m), err
}

func nameRights(table []right, mask uint32) string {
	if mask == 0 {
		return "none"
	}
	var names []string
	left := mask
	for _, r := range table {
		if mask&r.mask == r.mask && left&r.mask != 0 {
			names = append(names, r.name)
			left &^= r.mask
		}
	}
	if left != 0 {
		names = append(names, fmt.Sprintf("0x%x", left))
	}
	return strings.Join(names, ", ")
}

func parseRights(table, words []right, object, s string) (uint32, error) {
	var mask uint32
next:
	for _, word := range strings.Split(s, ",") {
		word = strings.TrimSpace(word)
		if strings.EqualFold(word, "none") || strings.EqualFold(word, "nothing") {
			continue
		}
		for _, r := range slices.Concat(table, words) {
			if strings.EqualFold(r.name, word) {
				mask |= r.mask
				continue next
			}
		}
		n, err := strconv.ParseUint(word, 0, 32)
		if err != nil {
			var names []string
			for _, r := range words {
				names = append(names, r.name)
			}
			return 0, Errorf(ErrInvalidParameter, "read the rights "+Quote(s), "%s is no right on a %s", Quote(word), object).
				WithFix("use %s, or a number such as 0x24", strings.Join(names, ", "))
		}
		mask |= uint32(n)
	}
	return mask, nil
}
