package qmcomm_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"

	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/secure"
)

func TestPermissionsAreReadAndWrittenInParts(t *testing.T) {
	m := start(t)
	c := m.as("alice")
	ok(t, c.create(`.\private$\q`, nil, given{mq.PropQLabel, "q"}))
	read := func(c *client, parts, room uint32) (*stub.GetObjectSecurityInternalResponse, error) {
		return c.one.GetObjectSecurityInternal(t.Context(), &stub.GetObjectSecurityInternalRequest{
			ObjectFormat: object(format(t, direct("q"))), RequestedInformation: parts, Length: room,
		})
	}
	write := func(c *client, parts uint32, d secure.Descriptor) error {
		sd := d.Append(nil)
		_, err := c.one.SetObjectSecurityInternal(t.Context(), &stub.SetObjectSecurityInternalRequest{
			ObjectFormat: object(format(t, direct("q"))), SecurityInformation: parts, SecurityDescriptor: sd, SecurityDescriptorSize: uint32(len(sd)),
		})
		return err
	}
	whole, err := m.qm.QueueSecurity(t.Context(), qmtest.Owner, qmtest.Name(t, "q"))
	ok(t, err)
	for parts, want := range map[uint32]secure.Descriptor{
		0x1: {Owner: whole.Owner}, 0x2: {Group: whole.Group}, 0x4: {DACL: whole.DACL, Control: whole.Control}, 0: {},
		0x7: {Owner: whole.Owner, Group: whole.Group, DACL: whole.DACL, Control: whole.Control},
		0x8: {SACL: whole.SACL},
	} {
		small, err := read(c, parts, 0)
		answers(t, "without room", err, mq.ErrSecurityDescriptorTooSmall)
		need := small.LengthNeeded
		_, err = read(c, parts, need-1)
		answers(t, "with a byte too few", err, mq.ErrSecurityDescriptorTooSmall)
		for _, room := range []uint32{need, need + 100} {
			out, err := read(c, parts, room)
			ok(t, err)
			got, err := secure.ParseDescriptor(out.SecurityDescriptor[:out.LengthNeeded])
			if err != nil || !got.Equal(want) || out.LengthNeeded != need || len(out.SecurityDescriptor) != int(room) {
				t.Errorf("parts %x: %v, %v, want %v", parts, got, err, want)
			}
		}
	}
	bob := m.as("bob")
	_, err = read(bob, 4, 1000)
	answers(t, "read by who may not", err, mq.ErrAccessDenied)
	answers(t, "written by who may not", write(bob, 4, whole), mq.ErrAccessDenied)
	answers(t, "unknown parts", write(c, 0x10, whole), mq.ErrInvalidParameter)
	_, err = read(c, 0x10, 1000)
	answers(t, "unknown parts", err, mq.ErrInvalidParameter)
	answers(t, "no DACL", write(c, 4, secure.Descriptor{Owner: whole.Owner}), mq.ErrIllegalSecurityDescriptor)
	answers(t, "no owner", write(c, 1, secure.Descriptor{}), mq.ErrInvalidOwner)
	open := whole.Grant(secure.Everyone, uint32(mq.RightQueueGenericAll))
	open.Owner = secure.Administrators
	ok(t, write(c, 4, open)) // the DACL alone
	got, err := m.qm.QueueSecurity(t.Context(), qmtest.Owner, qmtest.Name(t, "q"))
	ok(t, err)
	if got.Owner != whole.Owner {
		t.Errorf("the owner is %v now", got.Owner)
	}
	bob.open("q", receive)
	answers(t, "what is audited", write(bob, 8, open), mq.ErrPrivilegeNotHeld)
	ok(t, write(bob, 1, open))
}

func TestDescriptorsThatCannotBeAreRefused(t *testing.T) {
	m := start(t)
	c := m.as("alice")
	ok(t, c.create(`.\private$\q`, nil, given{mq.PropQLabel, "q"}))
	good := secure.Strict(qmtest.Owner.Token.User).Append(nil)
	spoil := func(at int, b ...byte) []byte {
		bad := append([]byte(nil), good...)
		copy(bad[at:], b)
		return bad
	}
	dacl := int(good[16])
	owner := int(good[4])
	for what, raw := range map[string][]byte{
		"cut off":                good[:19],
		"a DACL that is cut off": good[:dacl+4],
		"empty":                  {},
		"of revision 2":          spoil(0, 2),
		"not self-relative":      spoil(3, 0),
		"an owner outside":       spoil(4, 0xFF, 0xFF, 0xFF, 0x7F),
		"an owner in the header": spoil(4, 8, 0, 0, 0),
		"a DACL outside":         spoil(16, 0xFF, 0xFF, 0, 0),
		"65,535 entries":         spoil(dacl+4, 0xFF, 0xFF),
		"an owner over the DACL": spoil(4, byte(dacl), 0, 0, 0),
		"an owner of 255 parts":  spoil(owner+1, 255),
		"a DACL over the owner":  spoil(16, byte(owner), 0, 0, 0),
	} {
		answers(t, "create: "+what, c.create(`.\private$\new`, raw, given{mq.PropQLabel, "new"}), mq.ErrIllegalSecurityDescriptor)
		_, err := c.one.SetObjectSecurityInternal(t.Context(), &stub.SetObjectSecurityInternalRequest{
			ObjectFormat: object(format(t, direct("q"))), SecurityInformation: 4, SecurityDescriptor: raw, SecurityDescriptorSize: uint32(len(raw)),
		})
		answers(t, "set: "+what, err, mq.ErrIllegalSecurityDescriptor)
	}
	// SDSize 524,289, which generated clients do not send.
	huge := make([]byte, 1<<19)
	ids, values := variants(t, []given{{mq.PropQLabel, "new"}})
	for operation, in := range map[int][]byte{
		6: encoded(t, &stub.CreateObjectInternalRequest{
			ObjectType: 1, PathName: `.\private$\new`, SecurityDescriptor: huge, SecurityDescriptorSize: 1 << 19, CreatePartition: 1, Property: ids, Var: values,
		}, nil),
		7: encoded(t, &stub.SetObjectSecurityInternalRequest{
			ObjectFormat: object(format(t, direct("q"))), SecurityInformation: 4, SecurityDescriptor: huge, SecurityDescriptorSize: 1 << 19,
		}, nil),
	} {
		in[bytes.Index(in, []byte{0, 0, 8, 0})] = 1
		out, err := c.stub(stub.QmcommSyntaxV1_0, operation, in)
		ok(t, err)
		if code := mq.HResult(binary.LittleEndian.Uint32(out)); code != mq.ErrIllegalSecurityDescriptor {
			t.Errorf("operation %d with 524,289 bytes: %v", operation, code)
		}
	}
	_, err := m.qm.Queue(t.Context(), qmtest.Owner, qmtest.Name(t, "new"))
	answers(t, "the queue that was refused", err, mq.ErrQueueNotFound)
}
