package faults

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
)

func TestMain(m *testing.M) {
	runChild()
	runRouter()
	goleak.VerifyTestMain(m)
}

var (
	ctx = context.Background()
	yes = true
	// everybody may send, from any computer.
	everybody = []secure.SID{secure.Everyone, secure.Anonymous}
)

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func name(s string) mq.QueueName {
	n, err := mq.ParseQueue(s)
	if err != nil {
		panic(err)
	}
	return n
}

// seed is what the dice of a test begin with: POSTHOUSE_SEED, if set.
func seed(t testing.TB) uint64 {
	t.Helper()
	s := uint64(time.Now().UnixNano())
	if v := os.Getenv("POSTHOUSE_SEED"); v != "" {
		var err error
		s, err = strconv.ParseUint(v, 10, 64)
		ok(t, err)
	}
	t.Logf("POSTHOUSE_SEED=%d", s)
	return s
}
