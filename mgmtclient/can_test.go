package mgmtclient_test

import (
	"fmt"
	"testing"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
)

// reader is a node that can do nothing but read.
type reader struct{ mgmtclient.Node }

func TestCanSeesWhatANodeHasAndOffers(t *testing.T) {
	full := fake.New(fake.Options{})
	defer full.Close()
	all := mgmtclient.Capabilities(full)
	if fmt.Sprint(all) != "[queueAdmin purger sender receiver remover mover searcher guard machineAdmin machineActions watcher exporter archiver outgoingAdmin]" {
		t.Errorf("a full node offers %v", all)
	}
	if list := mgmtclient.Capabilities(reader{full}); len(list) != 0 {
		t.Errorf("a reading node offers %v", list)
	}
	if _, ok := mgmtclient.Can[mgmtclient.Sender](reader{full}); ok {
		t.Error("a reading node can send")
	}
	// Each name hides its own interface and no other.
	for _, hidden := range all {
		n := fake.New(fake.Options{})
		defer n.Close()
		n.Lack(hidden)
		list := mgmtclient.Capabilities(n)
		if len(list) != len(all)-1 {
			t.Errorf("without %s it offers %v", hidden, list)
		}
		for _, c := range list {
			if c == hidden {
				t.Errorf("%s is still offered", hidden)
			}
		}
	}
	if m, ok := mgmtclient.Can[mgmtclient.Mover](full); !ok || m == nil {
		t.Error("no mover")
	}
}
