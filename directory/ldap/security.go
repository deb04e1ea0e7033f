package ldap

import (
	"posthouse/directory"
	"posthouse/directory/ldap/access"
	"posthouse/localqm/secure"
)

// readSecurity is a descriptor of the directory with the rights that a person expects
// of the kind; nil if it cannot be read.
func readSecurity(k directory.Kind, b []byte) []byte {
	if len(b) == 0 || k != directory.KindQueue && k != directory.KindMachine {
		return b
	}
	d, err := access.Parse(b)
	if err != nil {
		return nil
	}
	if k == directory.KindQueue {
		return access.ToQueue(d).Append(nil)
	}
	return access.ToMachine(d).Append(nil)
}

// writeSecurity is the other way round.
func writeSecurity(k directory.Kind, b []byte) ([]byte, error) {
	if len(b) == 0 || k != directory.KindQueue && k != directory.KindMachine {
		return b, nil
	}
	d, err := secure.ParseDescriptor(b)
	if err != nil {
		return nil, err
	}
	if k == directory.KindQueue {
		return access.FromQueue(d).Append(nil), nil
	}
	return access.FromMachine(d).Append(nil), nil
}
