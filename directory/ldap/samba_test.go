package ldap_test

import (
	"testing"

	"posthouse/directory"
	"posthouse/directory/directorytest"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/conn"
	"posthouse/directory/ldap/samba"
)

// dial signs in at a controller; "" is the administrator.
func dial(tb testing.TB, f *samba.Forest, account string) *conn.Conn {
	tb.Helper()
	s := conn.SignIn{Method: conn.Password, User: f.Administrator(), Password: f.Password}
	if account != "" {
		s.User, s.Password = f.User(account), f.UserPassword
	}
	c, err := conn.Dial(tb.Context(), conn.Options{
		Controllers: []string{"ldaps://" + f.Address}, CA: f.CA, SignIn: s,
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

func TestOnADomainController(t *testing.T) { directorytest.Run(t, forest(samba.Join(t))) }

func TestAControllerRefuses(t *testing.T) {
	f := samba.Join(t)
	directorytest.Refusals(t, forest(f), func(tb testing.TB, account string) ldap.Operations { return dial(tb, f, account) })
}

// forest is a domain controller for the suite.
func forest(f *samba.Forest) directorytest.Forest {
	return directorytest.Forest{
		As:       func(tb testing.TB, account string) directory.Directory { return ldap.New(dial(tb, f, account)) },
		Computer: func(tb testing.TB, name string) { f.Computer(tb, name) },
		Person:   func(tb testing.TB, name string) { f.Person(tb, name) },
		See: func(tb testing.TB, dn string) (map[string][]string, bool) {
			r, ok := f.Read(tb, dn)
			return r.Values, ok
		},
	}
}
