package app

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

func TestAControllerThatSaysNothingDoesNotHoldUpTheStart(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // what connects waits there
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	folder := t.TempDir()
	m := membership{Controller: "ldap://" + silent.Addr().String(), Account: "SHOP01$", Password: "throw-away"}
	if err := m.save(folder); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { // when it is connected
		c, err := silent.Accept()
		cancel(errors.New("the start waits no longer"))
		if err == nil {
			defer c.Close()
			_, _ = c.Read(make([]byte, 1))
		}
	}()
	in, err := enlisted(ctx, qmtest.Start(t, qmtest.On("SHOP01")).QueueManager, folder, qmtest.Owner, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	s := in.State()
	if s.Mode != localqm.Workgroup || !strings.Contains(s.Why, "waits no longer") ||
		!slices.ContainsFunc(s.Notes, func(n string) bool { return strings.Contains(n, "started again") }) {
		t.Errorf("%+v", s)
	}
}

func TestThePasswordOfTheComputerIsForItsOwnerAlone(t *testing.T) {
	folder := t.TempDir()
	name := joinFile(folder)
	if err := os.WriteFile(name, nil, 0o644); err != nil { // somebody's
		t.Fatal(err)
	}
	if err := (membership{Account: "SHOP01$", Password: "throw-away"}).save(folder); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(name); err != nil || st.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		t.Errorf("%v, %v", st.Mode(), err)
	}
}

func TestACommandAloneDeletesNoPublicQueue(t *testing.T) {
	q := qmtest.Start(t, qmtest.On("SHOP01"))
	f := qmtest.NewForest()
	f.Join(q.QueueManager)
	q.Create(`.\orders`, localqm.QueueSpec{})
	folder := t.TempDir()
	if err := (membership{Account: "SHOP01$", Keytab: "x"}).save(folder); err != nil {
		t.Fatal(err)
	}
	if err := park(q.QueueManager, folder); err != nil {
		t.Fatal(err)
	}
	err := q.DeleteQueue(t.Context(), qmtest.Owner, qmtest.Name(t, `.\orders`))
	if mq.CodeOf(err) != mq.ErrNoDS || !strings.Contains(err.Error(), "posthouse serve") {
		t.Errorf("deleted: %v", err)
	}
	if len(q.PublicQueues()) != 1 {
		t.Error("it has gone")
	}
	q.Send(`.\orders`, &mq.Message{Label: "a"}) // what is here is used as before
	q.Join(nil)
	if err := park(q.QueueManager, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if err := q.DeleteQueue(t.Context(), qmtest.Owner, qmtest.Name(t, `.\orders`)); err != nil {
		t.Errorf("who is in no forest: %v", err)
	}
}
