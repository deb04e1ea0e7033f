package access

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
)

var (
	anna    = sid("S-1-5-21-1-2-3-1104")
	machine = sid("S-1-5-21-1-2-3-1105")
)

func sid(s string) secure.SID {
	v, err := secure.ParseSID(s)
	if err != nil {
		panic(err)
	}
	return v
}

// What MSMQ grants with a right is what comes back, whatever the right.
func TestRightsOfMSMQComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mask := rapid.Uint32().Draw(t, "mask")
		deny := rapid.Uint32().Draw(t, "denied")
		for _, k := range []struct {
			all  uint32
			from func(secure.Descriptor) Descriptor
			to   func(Descriptor) secure.Descriptor
			give func(secure.Descriptor, secure.Token) uint32
		}{
			{uint32(mq.RightQueueGenericAll), FromQueue, ToQueue, func(d secure.Descriptor, t secure.Token) uint32 { return uint32(d.Rights(t)) }},
			{uint32(mq.RightMachineGenericAll), FromMachine, ToMachine, func(d secure.Descriptor, t secure.Token) uint32 { return uint32(d.MachineRights(t)) }},
		} {
			d := secure.Descriptor{Owner: machine, DACL: secure.ACL{
				{Type: secure.Deny, Mask: deny & k.all, SID: anna}, {Type: secure.Allow, Mask: mask & k.all, SID: anna},
			}}
			kept, err := Parse(k.from(d).Append(nil))
			if err != nil {
				t.Fatal(err)
			}
			token := secure.Token{User: anna}
			if got, want := k.give(k.to(kept), token), k.give(d, token); got != want {
				t.Fatalf("rights %x without %x come back as %x, want %x", mask&k.all, deny&k.all, got, want)
			}
		}
	})
}

func TestDescriptorsComeBackByteForByte(t *testing.T) {
	d := Descriptor{Owner: anna, Group: machine, Control: secure.DACLProtected, DACL: []ACE{
		{Type: secure.Deny, Mask: Delete, SID: secure.Everyone},
		{Type: secure.Allow, Flags: secure.ContainerInherit, Mask: ControlAccess, Object: Send, Heir: QueueClass, SID: anna},
		{Type: secure.Allow, Mask: CreateChild, Object: QueueClass, SID: machine},
	}}
	b := d.Append([]byte("before"))[6:]
	got, err := Parse(b)
	if err != nil || !bytes.Equal(got.Append(nil), b) || len(got.DACL) != 3 || got.DACL[1] != d.DACL[1] {
		t.Errorf("%+v, %v", got, err)
	}
	if open, err := Parse(Descriptor{Owner: anna}.Append(nil)); err != nil || open.DACL != nil {
		t.Errorf("a descriptor without DACL: %+v, %v", open, err)
	}
	if shut, err := Parse(Descriptor{DACL: []ACE{}}.Append(nil)); err != nil || shut.DACL == nil {
		t.Errorf("a descriptor with an empty DACL: %+v, %v", shut, err)
	}
}

func TestARightIsOnWhatItNames(t *testing.T) {
	token := secure.Token{User: anna, Groups: []secure.SID{secure.Users}}
	d := Descriptor{Owner: machine, DACL: []ACE{
		{Type: secure.Allow, Mask: CreateChild, Object: QueueClass, SID: anna},
		{Type: secure.Deny, Mask: WriteProperty, SID: secure.Users},
		{Type: secure.Allow, Mask: WriteProperty | ReadProperty, SID: secure.Everyone},
		{Type: secure.Allow, Flags: secure.InheritOnly, Mask: Delete, SID: anna},
	}}
	for _, c := range []struct {
		mask   uint32
		object mq.GUID
		want   bool
	}{
		{CreateChild, QueueClass, true},
		{CreateChild, mq.GUID{}, false},
		{CreateChild, Send, false},
		{WriteProperty, mq.GUID{}, false},
		{ReadProperty, mq.GUID{}, true},
		{Delete, mq.GUID{}, false},
		{ReadControl, mq.GUID{}, false},
	} {
		if got := d.Granted(token, c.mask, c.object) == c.mask; got != c.want {
			t.Errorf("%x on %v: %v", c.mask, c.object, got)
		}
	}
	if d.Granted(secure.Token{User: machine}, ReadControl|WriteDAC, mq.GUID{}) != ReadControl|WriteDAC {
		t.Error("the owner may not read and write the descriptor")
	}
}

func TestWhatIsInheritedIsNotWrittenAgain(t *testing.T) {
	parent := Descriptor{DACL: []ACE{
		{Type: secure.Allow, Flags: secure.ContainerInherit, Mask: FullControl, SID: anna},
		{Type: secure.Allow, Mask: FullControl, SID: secure.Users},
		{Type: secure.Allow, Flags: secure.ContainerInherit | secure.InheritOnly, Mask: Delete, SID: secure.CreatorOwner},
	}}
	child := Descriptor{Owner: machine, DACL: []ACE{{Type: secure.Allow, Mask: ReadProperty, SID: secure.Everyone}}}.Under(parent)
	if len(child.DACL) != 3 || child.DACL[1].SID != anna || child.DACL[2].SID != machine || child.DACL[2].Flags&secure.InheritOnly != 0 {
		t.Errorf("inherited: %+v", child.DACL)
	}
	if again := child.Under(parent); len(again.DACL) != 3 {
		t.Errorf("inherited twice: %+v", again.DACL)
	}
	if back := FromQueue(ToQueue(child)); len(back.DACL) != 1 || back.DACL[0].SID != secure.Everyone {
		t.Errorf("written again: %+v", back.DACL)
	}
	if shut := (Descriptor{Control: secure.DACLProtected, DACL: []ACE{}}).Under(parent); len(shut.DACL) != 0 {
		t.Errorf("a protected list inherits: %+v", shut.DACL)
	}
}

func TestAMachineManagesItself(t *testing.T) {
	d := Machine(machine, machine, false)
	self, other := secure.Token{User: machine}, secure.Token{User: anna}
	if d.Granted(self, FullControl, mq.GUID{}) != FullControl {
		t.Error("the computer lacks rights on its own object")
	}
	if d.Granted(other, ReadProperty, mq.GUID{}) == 0 || d.Granted(other, WriteProperty|CreateChild|WriteDAC|Delete, QueueClass) != 0 {
		t.Error("everyone may read and nothing else")
	}
	if d := Machine(secure.SID{}, anna, true); d.Granted(secure.Token{User: machine}, CreateChild, QueueClass) == 0 || d.Granted(other, FullControl, mq.GUID{}) != FullControl {
		t.Error("everyone creates queues of foreign computers, the owner manages them")
	}
}

func TestWhatIsDeniedIsDeniedForThisObjectToo(t *testing.T) {
	d := Descriptor{DACL: []ACE{
		{Type: secure.Deny, Flags: secure.ContainerInherit, Mask: CreateChild, Object: QueueClass, Heir: QueueClass, SID: anna},
		{Type: secure.Allow, Flags: secure.ContainerInherit, Mask: WriteProperty, Heir: QueueClass, SID: anna},
		{Type: secure.Allow, Mask: CreateChild | ReadProperty, SID: secure.Everyone},
	}}
	if r := ToMachine(d).MachineRights(secure.Token{User: anna}); r != mq.RightGetMachineProperties {
		t.Errorf("she has %v", r)
	}
}

func FuzzDescriptor(f *testing.F) {
	f.Add(Machine(machine, anna, true).Append(nil))
	f.Add(Descriptor{Owner: anna}.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Parse(b)
		if err != nil {
			return
		}
		once := d.Append(nil)
		again, err := Parse(once)
		if err != nil || !bytes.Equal(again.Append(nil), once) {
			t.Errorf("%x is written as %x, and read as %+v, %v", b, once, again, err)
		}
	})
}
