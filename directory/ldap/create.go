package ldap

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"posthouse/directory"
	"posthouse/directory/ldap/access"
	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
)

// Create makes an object and what belongs to it. If a later step fails, what was made
// before is removed again.
func (f *forest) Create(ctx context.Context, parent string, o directory.Object) (directory.Object, error) {
	k, err := kindOf(o.Kind())
	if err != nil {
		return nil, err
	}
	op := "create " + k.what + " " + title(o)
	if err := check(op, o, nil); err != nil {
		return nil, err
	}
	if parent != "" {
		if err := CheckDN(parent); err != nil {
			return nil, err
		}
	}
	root, err := f.ops.Root(ctx)
	if err != nil {
		return nil, fail(op, nil, err)
	}
	c := creation{f: f, root: root, op: op, kind: k}
	if err := c.create(ctx, parent, o); err != nil {
		return nil, c.undo(ctx, fail(op, k, err))
	}
	made, err := f.Read(ctx, k.kind, directory.ByDN(c.dn), directory.AttrSecurity)
	if err != nil {
		return nil, c.undo(ctx, fail(op, k, err))
	}
	return made, nil
}

// creation is what a Create has done.
type creation struct {
	f    *forest
	root RootDSE
	op   string
	kind *kind
	dn   string
	made []string // to be removed if it fails
}

// undo removes what was made, and says so if it cannot.
func (c *creation) undo(ctx context.Context, err error) error {
	ctx = context.WithoutCancel(ctx)
	for i := len(c.made) - 1; i >= 0; i-- {
		if failed := c.f.ops.Delete(ctx, c.made[i], false); failed != nil && !missing(failed) {
			var e *mq.Error
			if errors.As(err, &e) {
				e.Fix = strings.TrimPrefix(e.Fix+"; ", "; ") + "remove " + c.made[i] + ", which was made for it"
			}
		}
	}
	return err
}

// add makes one object.
func (c *creation) add(ctx context.Context, dn, class string, attributes ...Attribute) error {
	err := c.f.ops.Add(ctx, dn, append([]Attribute{{Name: attrClass, Values: [][]byte{[]byte(class)}}}, attributes...))
	if err == nil {
		c.made = append(c.made, dn)
	}
	return err
}

// create makes the object, after what it needs and before what needs it.
func (c *creation) create(ctx context.Context, parent string, o directory.Object) error {
	attributes, err := c.f.encode(ctx, c.op, c.kind, o)
	if err != nil {
		return err
	}
	if parent == "" && c.kind.container != nil {
		parent = c.kind.container(c.root)
	}
	switch o := o.(type) {
	case *directory.Machine:
		return c.machine(ctx, parent, o, attributes)
	case *directory.Queue:
		cn, rest := splitQueueName(o.Queue)
		if rest != "" {
			attributes = append(attributes, textValue(attrNameRest, rest))
		}
		if parent, err = c.machineOf(ctx, o); err != nil {
			return err
		}
		c.dn = Child(cn, parent)
	case *directory.Link:
		c.dn = Child(LinkName(o.Site1, o.Site2), parent)
	case *directory.Enterprise:
		c.dn = enterpriseDN(c.root)
	case *directory.List:
		c.dn = Child(o.Name, parent)
		attributes = append(attributes, textValue("groupType", universalList), textValue(attrAccount, groupAccount(o.Name)))
		members, err := c.f.members(ctx, c.op, o)
		if err != nil {
			return err
		}
		if len(members) > 0 {
			attributes = append(attributes, Attribute{attrMember, members})
		}
	case *directory.Server:
		return mq.Errorf(mq.ErrUnsupportedOperation, c.op, "it is made and removed with the roles of its queue manager").
			WithFix("change the roles or the sites of the queue manager")
	case *directory.User:
		return mq.Errorf(mq.ErrUnsupportedOperation, c.op, "people are made with the tools of the domain")
	case *directory.Computer:
		c.dn = Child(o.Name, parent)
		if o.Account == "" {
			attributes = append(attributes, textValue(attrAccount, accountName(o.Name)))
		}
		attributes = append(attributes, textValue("userAccountControl", workstation))
	default:
		c.dn = Child(o.Common().Name, parent)
	}
	return c.add(ctx, c.dn, c.kind.class, attributes...)
}

// Values of new objects.
const (
	universalList = "8"    // groupType: members from the whole forest, no rights (MS-ADTS 2.2.12)
	workstation   = "4096" // userAccountControl: ADS_UF_WORKSTATION_TRUST_ACCOUNT (MS-ADTS 2.2.16)
)

// groupAccount is the account name of a list: without it the directory invents one.
func groupAccount(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`"/\[]:;|=,+*?<>@`, r) { // MS-ADTS 3.1.1.8.3 and MS-SAMR 3.1.1.6
			return '_'
		}
		return r
	}, strings.Trim(name, ". "))
}

func textValue(name, value string) Attribute { return Attribute{name, [][]byte{[]byte(value)}} }

// machineOf is the object that a new queue goes below.
func (c *creation) machineOf(ctx context.Context, q *directory.Queue) (string, error) {
	var e Entry
	var ok bool
	var err error
	if !q.Machine.IsZero() {
		e, ok, err = c.f.byID(ctx, q.Machine, withClass("mSMQConfiguration"), []string{attrGUID}, 0)
	} else {
		e, ok, err = c.f.machineByName(ctx, c.root, q.Computer, []string{attrGUID}, 0)
	}
	if err == nil && !ok {
		err = mq.Errorf(mq.ErrMachineNotFound, c.op, "the directory has no queue manager for the computer").
			WithFix("check the computer's name; its queue manager has to join the directory first")
	}
	return e.DN, err
}

// machine makes a queue manager's object below its computer, which is made too for a
// foreign one (MS-MQDSSM 3.1.6.1.1).
func (c *creation) machine(ctx context.Context, parent string, m *directory.Machine, attributes []Attribute) error {
	computer, ok, err := c.f.computerByName(ctx, c.root, m.Computer)
	if err != nil {
		return err
	}
	host := computer.DN
	switch {
	case ok:
	case m.Foreign:
		host = Child(m.Computer, parent)
		if err := c.add(ctx, host, "computer", textValue(attrAccount, accountName(m.Computer)), textValue("userAccountControl", workstation)); err != nil {
			return err
		}
	default:
		return mq.Errorf(mq.ErrMachineNotFound, c.op, "the domain has no account for the computer %s", mq.Quote(m.Computer)).
			WithFix("join the computer to the domain, or create an account for it")
	}
	sid, _ := secure.DecodeSID(computer.Value(attrSID))
	owner := sid
	if len(m.Security) > 0 {
		d, err := access.Parse(m.Security)
		if err != nil {
			return err
		}
		owner = d.Owner
	}
	attributes = append(attributes,
		Attribute{AttrDescriptor, [][]byte{access.Machine(sid, owner, m.Foreign).Append(nil)}},
		textValue(attrServiceType, serviceType(0, m)))
	c.dn = Child("msmq", host)
	if err := c.add(ctx, c.dn, c.kind.class, attributes...); err != nil {
		return err
	}
	if err := c.f.writeComputer(ctx, c.op, host, m, []directory.Attribute{directory.AttrSignKeys, directory.AttrPrincipals}); err != nil {
		return err
	}
	if !m.Routing && !m.Directory && !m.Dependents {
		return nil
	}
	e, ok, err := c.f.entry(ctx, Search{Base: c.dn, Attributes: []string{attrGUID}})
	if err == nil && !ok {
		err = notFound(c.op, c.kind)
	}
	if err != nil {
		return err
	}
	s := settings{f: c.f, root: c.root, computer: Element(host, 0), machine: readGUID(e.Value(attrGUID)), add: c.add}
	return s.write(ctx, m)
}

// encode is all that is set in an object. Security of a queue manager is made in
// another way.
func (f *forest) encode(ctx context.Context, op string, k *kind, o directory.Object) ([]Attribute, error) {
	var list []Attribute
	for _, fd := range k.fields {
		if fd.computer || fd.name == attrSID {
			continue
		}
		values, err := f.values(ctx, op, fd, o)
		if err != nil {
			return nil, err
		}
		if unlimited(fd, values) {
			continue
		}
		if len(values) > 0 {
			list = append(list, Attribute{fd.name, values})
		}
	}
	if h := o.Common(); len(h.Security) > 0 && k.kind != directory.KindMachine {
		d, err := writeSecurity(k.kind, h.Security)
		if err != nil {
			return nil, err
		}
		list = append(list, Attribute{AttrDescriptor, [][]byte{d}})
	}
	return list, nil
}

// unlimited reports whether a quota of a new object says no more than none does.
func unlimited(f field, values [][]byte) bool {
	quota := f.attribute == directory.AttrQuota || f.attribute == directory.AttrJournalKB
	return quota && len(values) == 1 && (string(values[0]) == "0" || string(values[0]) == f.absent)
}

// values are those of one field; names of other objects are looked up.
func (f *forest) values(ctx context.Context, op string, fd field, o directory.Object) ([][]byte, error) {
	if fd.refs == nil {
		list := fd.get(o)
		for _, v := range list {
			if fd.text && (!utf8.Valid(v) || bytes.IndexByte(v, 0) >= 0) {
				return nil, mq.Errorf(mq.ErrIllegalPropertyValue, op, "the %s %s has characters that are no text", fd.attribute, mq.Quote(string(v))).
					WithFix("leave them out")
			}
		}
		return list, nil
	}
	ids := fd.refs.get(o)
	names, err := f.resolve(ctx, op, ids)
	if err != nil {
		return nil, err
	}
	var list [][]byte
	for _, id := range ids {
		if dn, ok := names[id]; ok {
			list = append(list, []byte(dn))
		}
	}
	return list, nil
}

// members are the distinguished names of what is in a list.
func (f *forest) members(ctx context.Context, op string, l *directory.List) ([][]byte, error) {
	var list [][]byte
	for _, m := range l.Members {
		dn := m.DN
		if dn == "" {
			names, err := f.resolve(ctx, op, []mq.GUID{m.ID})
			if err != nil {
				return nil, err
			}
			dn = names[m.ID]
		}
		if dn == "" {
			return nil, mq.Errorf(mq.ErrInvalidParameter, op, "a member has neither GUID nor distinguished name")
		}
		list = append(list, []byte(dn))
	}
	return list, nil
}
