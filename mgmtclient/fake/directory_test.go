package fake_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
)

func TestTheForestIsThatOfThePictures(t *testing.T) {
	d := fake.NewDirectory(fake.DirectoryOptions{As: "anna"})
	t.Cleanup(func() { _ = d.Close() })
	page, err := d.Find(t.Context(), mgmtclient.DirectoryQuery{Text: "order"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range page.Entries {
		got = append(got, fmt.Sprintf("%s | %s | %s | %s", e.Name, e.Label, e.Kind, e.Where))
	}
	want := []string{
		"b2b-orders | Kattegat, by HTTPS | alias | kattegat.example", "edi.orders | EDIFACT ORDERS, in | queue | EDI-GW01",
		"Order watchers | Told of every order | list | 4 members", "orders-main | For orders.confirmed | alias | HUB-CPH01",
		"orders.archive | Closed, 7 years | queue | CPH-ARCHIVE", "orders.confirmed | Confirmed, shops | queue | HUB-CPH01",
		"orders.jutland | Orders, Jutland | queue | HUB-AAR02", "orders.norway | Orders for Norway | queue | WMS-OSL04",
		"orders.returns | Returned goods | queue | HUB-CPH01", "orders.test |  | queue | HUB-AAR02",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	e, err := d.Entry(t.Context(), `HUB-CPH01\orders.confirmed`)
	if err != nil {
		t.Fatal(err)
	}
	if e.DN != "CN=orders.confirmed,CN=msmq,CN=HUB-CPH01,OU=Servers,DC=nordhavn,DC=example" || e.FormatName != "PUBLIC=8d1f40c6-2b7e-4e53-9a10-6c5e0b3f77d2" {
		t.Errorf("%+v", e)
	}
	uses, err := d.UsedBy(t.Context(), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	got = nil
	for _, u := range uses {
		got = append(got, u.Entry.Name+" "+u.How)
	}
	if d := cmp.Diff([]string{"Order watchers has it as one of 4 members", "orders-main is another name for it"}, got); d != "" {
		t.Error(d)
	}
	p, err := d.Permissions(t.Context(), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	got = []string{"owner " + p.Owner.Name}
	for _, a := range p.Entries {
		got = append(got, a.Name)
	}
	if d := cmp.Diff([]string{"owner HUB-CPH01", "HUB-CPH01", "Administrators", `NORDHAVN\anna`, "Everyone", "Domain admins of S-1-5-21-1843-1904-1975", "Authenticated users"}, got); d != "" {
		t.Error(d)
	}
	if s := d.Status(); !s.Connected || s.As != `NORDHAVN\anna` || s.Forest != "nordhavn.example" {
		t.Errorf("%+v", s)
	}
}
