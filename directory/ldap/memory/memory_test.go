package memory_test

import (
	"context"
	"strings"
	"testing"

	"posthouse/directory"
	"posthouse/directory/directorytest"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/memory"
)

// forest is a directory in memory for the suite.
func forest(d *memory.Directory) directorytest.Forest {
	return directorytest.Forest{
		As: func(tb testing.TB, account string) directory.Directory {
			if account == "" {
				return ldap.New(d.Administrator())
			}
			ops, err := d.SignIn(account)
			if err != nil {
				tb.Fatal(err)
			}
			return ldap.New(ops)
		},
		Computer: func(tb testing.TB, name string) {
			dir := ldap.New(d.Administrator())
			c, err := dir.Create(tb.Context(), "", &directory.Computer{Head: directory.Head{Name: name}, DNSName: strings.ToLower(name) + "." + d.Root().Forest})
			if err != nil {
				tb.Fatal(err)
			}
			tb.Cleanup(func() { _ = dir.Delete(context.Background(), c, true) })
		},
		Person: func(_ testing.TB, name string) { d.Person(name) },
		See: func(tb testing.TB, dn string) (map[string][]string, bool) {
			var found map[string][]string
			err := d.Administrator().Search(tb.Context(), ldap.Search{Base: dn}, func(e ldap.Entry) bool {
				found = map[string][]string{}
				for _, a := range e.Attributes {
					for _, v := range a.Values {
						found[ldap.Fold(a.Name)] = append(found[ldap.Fold(a.Name)], string(v))
					}
				}
				return true
			})
			return found, err == nil && found != nil
		},
	}
}

func TestDirectory(t *testing.T) { directorytest.Run(t, forest(memory.New("nordhavn.example"))) }
