package krb5

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/oiweiwei/gokrb5.fork/v9/pac"
	"github.com/oiweiwei/gokrb5.fork/v9/test/testdata"

	"posthouse/localqm/secure"
)

// userInfo is what a domain controller of Microsoft's said of somebody.
func userInfo(t testing.TB) []byte {
	t.Helper()
	b, err := hex.DecodeString(testdata.MarshaledPAC_Kerb_Validation_Info_MS)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDomainUsersAreWhoTheirTicketsSay(t *testing.T) {
	f := newForger(t)
	data := domainPAC(t, userInfo(t), f.key)
	sign := func(name string) (*accepting, error) {
		server := f.accept(t)
		return server, meet(f.begin(t, func(y *forgery) {
			y.part.AuthorizationData = data
			y.part.CName.NameString = []string{name}
		}), server)
	}
	const domain = "S-1-5-21-397955417-626881126-188441444-"
	for name, administrator := range map[string]bool{"alice": true, "bob": false, "a/b@c": false} {
		server, err := sign(name)
		if err != nil {
			t.Fatal(err)
		}
		token := server.Identity().Token
		has := map[string]bool{}
		for _, g := range token.Groups {
			has[g.String()] = true
		}
		if token.User.String() != domain+"2914711" || !has[domain+"513"] || !has[domain+"3392609"] || !has["S-1-5-21-773533881-1816936887-355810188-513"] ||
			!has[secure.AuthenticatedUsers.String()] || has[secure.Administrators.String()] != administrator {
			t.Errorf("%s: %v", name, token)
		}
	}
	if err := f.accounts.SetDisabled("alice@EXAMPLE.COM", true); err != nil {
		t.Fatal(err)
	}
	if _, err := sign("alice"); err == nil || !strings.Contains(err.Error(), "disabled") {
		t.Errorf("a disabled account: %v", err)
	}
	data = domainPAC(t, userInfo(t), freshKey(f.key.KeyType))
	if _, err := sign("bob"); err == nil || !strings.Contains(err.Error(), "groups") {
		t.Errorf("a PAC that another has signed: %v", err)
	}
	whole := domainPAC(t, userInfo(t), f.key)[0].ADData
	for n := range whole {
		if n%7 > 0 {
			continue
		}
		data[0].ADData = whole[:n]
		if server, err := sign("bob"); err == nil {
			t.Fatalf("a PAC of %d bytes of %d: %+v", n, len(whole), server.Identity())
		}
	}
}

// Administrators of this computer, and those whom it belongs to, no domain names.
func TestADomainNamesNobodyOfThisComputer(t *testing.T) {
	var info pac.KerbValidationInfo
	domain, local := &info.LogonDomainID, &info.ResourceGroupDomainSID
	domain.Revision, domain.IdentifierAuthority[5] = 1, 5
	domain.SubAuthority, info.UserID = []uint32{21, 1, 2, 3}, 1000
	local.Revision, local.IdentifierAuthority[5], local.SubAuthority = 1, 5, []uint32{32}
	info.ResourceGroupIDs = slices.Grow(info.ResourceGroupIDs, 1)[:1]
	info.ResourceGroupIDs[0].RelativeID = 544
	token, found, err := tokenOf(&info)
	if err != nil || !found || token.User.String() != "S-1-5-21-1-2-3-1000" || slices.Contains(token.Groups, secure.Administrators) {
		t.Errorf("%v %v", token, err)
	}
	domain.SubAuthority, info.UserID = []uint32{32}, 544
	if token, _, err := tokenOf(&info); err == nil {
		t.Errorf("a user who is %v", token.User)
	}
}
