package ldap

import (
	"context"
	"strconv"

	"posthouse/directory"
	"posthouse/localqm/mq"
)

// Bits of mSMQServiceType (MS-MQDSSM 3.1.6.1.1.5).
const (
	serviceRouting     = 0x01
	serviceControllers = 0x02 | 0x04 | 0x08 // kinds of directory servers of MSMQ 1.0
)

// serviceType is mSMQServiceType with the roles of a machine; what else it said stays.
func serviceType(old int32, m *directory.Machine) string {
	old &^= serviceRouting
	if m.Routing {
		old |= serviceRouting
	}
	if !m.Directory {
		old &^= serviceControllers
	}
	return strconv.Itoa(int(old))
}

// settings keeps the mSMQSettings objects of a server's sites in step with its machine
// object (MS-MQDSSM 3.1.6.7.1.9).
type settings struct {
	f        *forest
	root     RootDSE
	computer string // cn of the computer
	machine  mq.GUID
	add      func(ctx context.Context, dn, class string, attributes ...Attribute) error
}

// write makes or changes those of all the machine's sites, and removes those of others;
// a machine without roles has none.
func (s settings) write(ctx context.Context, m *directory.Machine) error {
	old, err := s.existing(ctx)
	if err != nil {
		return err
	}
	if m.Routing || m.Directory || m.Dependents {
		for _, site := range m.Sites {
			e, ok, err := s.f.byID(ctx, site, withClass("site"), []string{attrGUID}, 0)
			if err != nil {
				return err
			}
			if !ok {
				continue // MS-MQDSSM 3.1.6.1.1.3: skipped
			}
			if err := s.inSite(ctx, e.DN, m, old); err != nil {
				return err
			}
		}
	}
	for _, dn := range old {
		if err := s.f.ops.Delete(ctx, dn, false); err != nil && !missing(err) {
			return err
		}
	}
	return nil
}

// existing are those that there are, by Key.
func (s settings) existing(ctx context.Context) (map[string]string, error) {
	old := map[string]string{}
	err := s.f.ops.Search(ctx, Search{
		Base: sitesContainer(s.root), Scope: ScopeTree, Attributes: []string{attrGUID},
		Filter: and(withClass("mSMQSettings"), equalGUID(attrMachine, s.machine)),
	}, func(e Entry) bool {
		old[Key(e.DN)] = e.DN
		return true
	})
	return old, err
}

// inSite makes or changes that of one site, and takes it out of old.
func (s settings) inSite(ctx context.Context, site string, m *directory.Machine, old map[string]string) error {
	servers := Child("Servers", site)
	server := Child(s.computer, servers)
	dn := Child("MSMQ Settings", server)
	attributes := []Attribute{
		{attrMachine, [][]byte{s.machine[:]}},
		textValue("mSMQServices", serviceType(0, m)),
		boolValue("mSMQRoutingService", m.Routing),
		boolValue("mSMQDsService", m.Directory),
		boolValue("mSMQDependentClientService", m.Dependents),
	}
	if _, ok := old[Key(dn)]; ok {
		delete(old, Key(dn))
		return s.f.ops.Modify(ctx, dn, replaceAll(attributes))
	}
	err := s.add(ctx, dn, "mSMQSettings", attributes...)
	if missing(err) {
		// The containers are made from below: a computer may be allowed to make its own
		// and not that of the site.
		made := s.add(ctx, server, "server")
		if missing(made) {
			if made = s.add(ctx, servers, "serversContainer"); made == nil {
				made = s.add(ctx, server, "server")
			}
		}
		if made != nil && code(made) != CodeObjectExists {
			return made
		}
		err = s.add(ctx, dn, "mSMQSettings", attributes...)
	}
	if code(err) == CodeObjectExists { // of an earlier queue manager on that computer
		return s.f.ops.Modify(ctx, dn, replaceAll(attributes))
	}
	return err
}

func boolValue(name string, v bool) Attribute {
	b, _ := writeBool(v)
	return Attribute{name, [][]byte{b}}
}

func replaceAll(attributes []Attribute) []Change {
	list := make([]Change, len(attributes))
	for i, a := range attributes {
		list[i] = Change{Replace, a}
	}
	return list
}

// plainAdd adds without remembering.
func (f *forest) plainAdd(ctx context.Context, dn, class string, attributes ...Attribute) error {
	return f.ops.Add(ctx, dn, append([]Attribute{textValue(attrClass, class)}, attributes...))
}
