package samba

import (
	"os"
	"path/filepath"
	"testing"
)

// Forest is a directory of one domain with one controller.
type Forest struct {
	Dir        string // the controller's folder
	Address    string // of the controller, a loopback address
	Controller string // its DNS name, which no resolver but its own knows
	Name       string // of the forest: nordhavn.example
	Realm      string // NORDHAVN.EXAMPLE
	Domain     string // NORDHAVN
	Base       string // DC=nordhavn,DC=example
	CA         string // file with the certificate that signed the controller's
	Krb5       string // krb5.conf
	Strong     bool   // it takes no password and no unsigned bind outside TLS
	Password   string // of Administrator
	// UserPassword is that of the people (anna, bjarne) and of the computers
	// (HUB-CPH01, HUB-AAR02, WMS-ODN01).
	UserPassword string
}

// The people of every forest; neither has any rights but those of all users.
const (
	Anna   = "anna"
	Bjarne = "bjarne"
)

// Sites of every forest, empty.
const (
	Copenhagen = "Copenhagen"
	Aarhus     = "Aarhus"
	Odense     = "Odense"
)

// Join returns the directory that POSTHOUSE_AD_... describes, as scripts/samba-ad/start
// has written it; make test and CI start one. Without it the test is skipped, or fails
// when POSTHOUSE_AD_REQUIRED is 1. Everybody shares it: a test works below objects of
// its own, and removes them.
func Join(tb testing.TB) *Forest {
	tb.Helper()
	if os.Getenv("POSTHOUSE_AD_ADDRESS") == "" {
		const how = "no directory: start one (as root, on Linux) with scripts/samba-ad/start, and source what it names"
		if os.Getenv("POSTHOUSE_AD_REQUIRED") == "1" {
			tb.Fatal(how)
		}
		tb.Skip(how)
	}
	return fromEnvironment(os.Getenv)
}

func fromEnvironment(get func(string) string) *Forest {
	of := func(name string) string { return get("POSTHOUSE_AD_" + name) }
	return &Forest{
		Dir:          of("DIR"),
		Address:      of("ADDRESS"),
		Controller:   of("CONTROLLER"),
		Name:         of("FOREST"),
		Realm:        of("REALM"),
		Domain:       of("DOMAIN"),
		Base:         of("BASE"),
		CA:           of("CA"),
		Krb5:         of("KRB5"),
		Strong:       of("STRONG") == "yes",
		Password:     of("PASSWORD"),
		UserPassword: of("USER_PASSWORD"),
	}
}

// Administrator is who may do everything, as a user principal name.
func (f *Forest) Administrator() string { return "Administrator@" + f.Realm }

// User is the principal name of a person or, with the $, a computer.
func (f *Forest) User(account string) string { return account + "@" + f.Realm }

// Keytab has the keys of one of the computers that every forest has.
func (f *Forest) Keytab(computer string) string {
	return filepath.Join(f.Dir, "keytabs", computer+".keytab")
}

// ComputerDN is the distinguished name of a computer account.
func (f *Forest) ComputerDN(name string) string { return "CN=" + name + ",CN=Computers," + f.Base }

// Configuration is the distinguished name of the forest's configuration.
func (f *Forest) Configuration() string { return "CN=Configuration," + f.Base }

// SiteDN is the distinguished name of a site.
func (f *Forest) SiteDN(name string) string {
	return "CN=" + name + ",CN=Sites," + f.Configuration()
}
