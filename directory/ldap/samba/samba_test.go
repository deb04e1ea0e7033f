package samba_test

import (
	"slices"
	"testing"

	"posthouse/directory/ldap/samba"
)

func TestToolsSeeWhatIsThere(t *testing.T) {
	f := samba.Join(t)
	f.Computer(t, "TEST-TOOLS")
	r, ok := f.Read(t, f.ComputerDN("TEST-TOOLS"), "dNSHostName", "objectSid")
	if !ok || r.Get("DNSHostName") != "test-tools."+f.Name || len(r.Get("objectSid")) != 28 {
		t.Errorf("read back: %v %v", ok, r)
	}
	found := f.Search(t, "CN=Sites,"+f.Configuration(), "one", "(objectClass=site)", "cn")
	for _, site := range []string{samba.Copenhagen, samba.Aarhus, samba.Odense} {
		if !slices.ContainsFunc(found, func(r samba.Record) bool { return r.DN == f.SiteDN(site) && r.Get("cn") == site }) {
			t.Errorf("no site %s in %v", site, found)
		}
	}
	f.Remove(t, f.ComputerDN("TEST-TOOLS"))
	if _, ok := f.Read(t, f.ComputerDN("TEST-TOOLS")); ok {
		t.Error("it is still there")
	}
}
