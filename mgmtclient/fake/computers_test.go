package fake_test

import (
	"context"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
)

func TestSampleComputersAreInEveryHealth(t *testing.T) {
	c := fake.SampleComputers()
	list, err := c.List(t.Context())
	if err != nil || len(list) != 10 {
		t.Fatalf("%d computers, %v", len(list), err)
	}
	got := map[string]mq.HResult{}
	for _, x := range list {
		n, err := c.Connect(t.Context(), x.ID)
		got[x.Name] = mq.CodeOf(err)
		if err != nil {
			continue
		}
		if m, err := n.Machine(t.Context()); err != nil || m.Name != x.Name {
			t.Errorf("%s: %v %v", x.Name, m.Name, err)
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
	for name, want := range map[string]mq.HResult{
		"HUB-CPH01": mq.OK, "EDI-GW01": mq.OK, "WMS-ODN01": mq.ErrRemoteMachineNotAvailable, "CRM-ARH02": mq.ErrAccessDenied,
	} {
		if got[name] != want {
			t.Errorf("%s: %v, want %v", name, got[name], want)
		}
	}
}

func TestATestOfAComputerEndsAtTheLayerThatFails(t *testing.T) {
	c := fake.SampleComputers()
	list, _ := c.List(t.Context())
	for _, x := range list {
		var last mgmtclient.Probe
		n := 0
		err := c.Test(t.Context(), x, nil, func(p mgmtclient.Probe) { last, n = p, n+1 })
		switch x.Name {
		case "HUB-CPH01":
			if err != nil || n != len(mgmtclient.Layers) || !last.OK {
				t.Errorf("%s: %d layers, %+v, %v", x.Name, n, last, err)
			}
		case "CRM-ARH02":
			if err == nil || last.OK || last.Layer != mgmtclient.LayerSignIn || last.Text == "" || last.Fix == "" {
				t.Errorf("%s: %+v, %v", x.Name, last, err)
			}
		}
	}
}

func TestAConnectionSaysWhyItLacksSomething(t *testing.T) {
	c := fake.SampleComputers()
	list, _ := c.List(t.Context())
	for _, x := range list {
		if x.Name != "EDI-GW01" {
			continue
		}
		n, err := c.Connect(context.Background(), x.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := mgmtclient.Can[mgmtclient.Purger](n); ok || mgmtclient.Lacks(n, mgmtclient.CanPurge) == "" {
			t.Error("it purges, or does not say why not")
		}
		if _, ok := mgmtclient.Can[mgmtclient.Sender](n); !ok {
			t.Error("it does not send")
		}
	}
}

func TestAPasswordIsKeptUntilItIsForgotten(t *testing.T) {
	c := fake.NewComputers()
	word := "secret"
	x, err := c.Save(t.Context(), mgmtclient.Computer{Name: "HUB"}, &word)
	if err != nil || c.Kept(x.ID) != word {
		t.Fatalf("%q %v", c.Kept(x.ID), err)
	}
	if _, err := c.Save(t.Context(), mgmtclient.Computer{Name: "hub"}, nil); err == nil {
		t.Error("two of one name")
	}
	if x, err = c.Save(t.Context(), x, nil); err != nil || c.Kept(x.ID) != word {
		t.Errorf("%q %v", c.Kept(x.ID), err)
	}
	if err := c.Remove(t.Context(), x.ID); err != nil || c.Kept(x.ID) != "" {
		t.Errorf("%q %v", c.Kept(x.ID), err)
	}
}
