package secure

import "posthouse/localqm/mq"

// Strict is the descriptor of a new queue in the profile strict: everything
// for its owner, nothing for anybody else until it is granted.
func Strict(owner SID) Descriptor {
	return Descriptor{Owner: owner, DACL: ACL{{Type: Allow, Mask: uint32(mq.RightQueueGenericAll), SID: owner}}}
}

// Compat is the descriptor of a new queue as Windows makes it (MS-MQDMPR
// 3.1.7.1.3.1): a domain's user owns it and everyone may see its properties;
// what anybody else creates belongs to nobody and is open to everyone. For a
// queue that HTTP reaches, the specification grants RightWriteMessage to
// Everyone and Anonymous besides.
func Compat(owner SID, domain bool) Descriptor {
	if !domain {
		return Descriptor{Owner: Anonymous, DACL: ACL{{Type: Allow, Mask: uint32(mq.RightQueueGenericAll), SID: Everyone}}}
	}
	return Descriptor{Owner: owner, DACL: ACL{
		{Type: Allow, Mask: uint32(mq.RightGetQueueProperties | mq.RightGetQueuePermissions), SID: Everyone},
		{Type: Allow, Mask: uint32(mq.RightQueueGenericAll), SID: owner},
	}}
}

// Machine is the descriptor of a new queue manager: everything for its owner
// and for the administrators of the computer.
func Machine(owner SID) Descriptor {
	all := uint32(mq.RightMachineGenericAll)
	d := Descriptor{Owner: owner, DACL: ACL{{Type: Allow, Mask: all, SID: owner}}}
	return d.Grant(Administrators, all)
}
