package memory_test

import (
	"testing"

	"go.uber.org/goleak"

	"posthouse/localqm/store"
	"posthouse/localqm/store/memory"
	"posthouse/localqm/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) {
	storetest.Run(t, func(testing.TB) (store.Store, func() store.Store) {
		m := memory.New("TESTER")
		return m, func() store.Store {
			m = m.Reopen()
			return m
		}
	})
}
