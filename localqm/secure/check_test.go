package secure

import (
	"testing"

	"posthouse/localqm/mq"
)

func mustSDDL(t testing.TB, s string) Descriptor {
	t.Helper()
	d, err := ParseSDDL(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var (
	alice  = UnixUser(1000)
	bob    = UnixUser(1001)
	staff  = UnixGroup(50)
	nobody = Token{User: Anonymous}
)

// Every right on its own, for the owner, a stranger, one of a group, the
// anonymous account and one who claims the owner's group.
func TestEveryRightIsCheckedForEveryone(t *testing.T) {
	d := Strict(alice).Grant(staff, uint32(mq.RightWriteMessage|mq.RightPeekMessage))
	for bit := range 32 {
		mask := mq.QueueRight(1) << bit
		for _, c := range []struct {
			name string
			who  Token
			may  mq.QueueRight
		}{
			{"owner", Token{User: alice}, mq.RightQueueGenericAll},
			{"stranger", Token{User: bob}, 0},
			{"staff", Token{User: bob, Groups: []SID{staff}}, mq.RightWriteMessage | mq.RightPeekMessage},
			{"anonymous", nobody, 0},
			{"nobody at all", Token{}, 0},
			{"administrator", Token{User: bob, Groups: []SID{Administrators}}, 0},
		} {
			may := c.may&mask != 0
			switch uint32(mask) {
			case mq.GenericAll:
				may = c.may == mq.RightQueueGenericAll
			case mq.GenericRead:
				may = c.may&mq.RightQueueGenericRead == mq.RightQueueGenericRead
			case mq.GenericWrite:
				may = c.may&mq.RightQueueGenericWrite == mq.RightQueueGenericWrite
			case mq.GenericExecute:
				may = true // it means nothing, and nothing is always allowed
			}
			if got := d.Allow(c.who, mask); got != may {
				t.Errorf("%s, 0x%x: allowed is %v, want %v", c.name, uint32(mask), got, may)
			}
			if got := d.Rights(c.who); got != c.may {
				t.Errorf("%s has %v, want %v", c.name, got, c.may)
			}
		}
	}
}

func TestAccessCheckFollowsTheEntriesInOrder(t *testing.T) {
	a, b := Token{User: alice}, Token{User: bob, Groups: []SID{staff}}
	for _, c := range []struct {
		sddl string
		who  Token
		mask mq.QueueRight
		want bool
	}{
		{"D:(D;;0x4;;;WD)(A;;0x4;;;S-1-22-1-1000)", a, 4, false},
		{"D:(A;;0x4;;;S-1-22-1-1000)(D;;0x4;;;WD)", a, 4, true},
		{"D:(A;;0x1;;;S-1-22-1-1000)(A;;0x2;;;WD)", a, 3, true},
		{"D:(A;;0x1;;;S-1-22-1-1000)(D;;0x2;;;WD)", a, 3, false},
		{"D:(D;;0x2;;;S-1-22-2-50)(A;;0x3;;;WD)", b, 3, false},
		{"D:(D;;0x2;;;S-1-22-2-50)(A;;0x3;;;WD)", b, 1, true},
		{"D:(D;;0x2;;;S-1-22-2-50)(A;;0x3;;;WD)", a, 3, true},
		{"D:(D;;GA;;;AN)(A;;GA;;;WD)", nobody, 4, false},
		{"D:(A;;GW;;;AN)", nobody, 4, true},
		{"D:(A;;GW;;;AN)", nobody, 1, false},
		{"D:(A;;GA;;;WD)", nobody, 4, false}, // Everyone does not mean the anonymous account
		{"D:(A;;GA;;;WD)", Token{}, 4, false},
		{"D:(A;IO;GA;;;WD)", a, 4, false},
		{"D:(D;IO;GA;;;WD)(A;;GA;;;WD)", a, 4, true},
		{"D:", a, 4, false},
		{"", nobody, mq.RightQueueGenericAll, true}, // no DACL guards nothing
		// The owner may always see and change the permissions, and nothing else.
		{"O:S-1-22-1-1000D:", a, mq.RightGetQueuePermissions | mq.RightChangeQueuePermissions, true},
		{"O:S-1-22-1-1000D:(D;;GA;;;WD)", a, mq.RightGetQueuePermissions | mq.RightChangeQueuePermissions, true},
		{"O:S-1-22-1-1000D:", a, mq.RightPeekMessage, false},
		{"O:S-1-22-1-1000D:", b, mq.RightGetQueuePermissions, false},
		{"O:S-1-22-2-50D:", b, mq.RightGetQueuePermissions, true},
		// Unless the list says what owners may do.
		{"O:S-1-22-1-1000D:(A;;0x20000;;;OW)", a, mq.RightGetQueuePermissions, true},
		{"O:S-1-22-1-1000D:(A;;0x20000;;;OW)", a, mq.RightChangeQueuePermissions, false},
		{"O:S-1-22-1-1000D:(A;;0x20000;;;OW)", b, mq.RightGetQueuePermissions, false},
		// Nobody owns what the anonymous account does.
		{"O:AND:", nobody, mq.RightChangeQueuePermissions, false},
		{"D:(A;;0xffffffff;;;WD)", a, mq.QueueRight(accessSystemSecurity), false},
		{"D:(A;;0xffffffff;;;WD)", a, mq.QueueRight(maximumAllowed), false},
	} {
		if got := mustSDDL(t, c.sddl).Allow(c.who, c.mask); got != c.want {
			t.Errorf("%q: %v for %v is %v, want %v", c.sddl, c.mask, c.who.User, got, c.want)
		}
	}
}

func TestMachinesMapGenericRightsTheirOwnWay(t *testing.T) {
	d := mustSDDL(t, "D:(A;;GR;;;WD)")
	a := Token{User: alice}
	if !d.AllowMachine(a, mq.RightReceiveComputerJournal) || d.AllowMachine(a, mq.RightCreateQueue) {
		t.Error("generic read of a machine is wrong")
	}
	if d.MachineRights(a) != mq.RightMachineGenericRead || d.Rights(a) != mq.RightQueueGenericRead {
		t.Errorf("%v and %v", d.MachineRights(a), d.Rights(a))
	}
}

func TestDefaultDescriptors(t *testing.T) {
	for got, want := range map[string]string{
		Strict(alice).String():           "O:S-1-22-1-1000D:(A;;0xf003f;;;S-1-22-1-1000)",
		Compat(alice, true).String():     "O:S-1-22-1-1000D:(A;;0x20020;;;WD)(A;;0xf003f;;;S-1-22-1-1000)",
		Compat(alice, false).String():    "O:AND:(A;;0xf003f;;;WD)",
		Machine(alice).String():          "O:S-1-22-1-1000D:(A;;0xf00f7;;;S-1-22-1-1000)(A;;0xf00f7;;;BA)",
		Machine(Administrators).String(): "O:BAD:(A;;0xf00f7;;;BA)",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	// In compat the whole house may do everything, and the anonymous network
	// still only what is granted to it.
	d := Compat(alice, false)
	if !d.Allow(Token{User: bob}, mq.RightQueueGenericAll) || d.Allow(nobody, mq.RightWriteMessage) {
		t.Error("compat is not what it says")
	}
}
