package conn

import (
	"net"
	"sync"
	"testing"
	"time"

	"posthouse/directory/ldap"
)

// Whatever a server answers, a search ends, and nothing panics.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte{0x30, 0x0c, 0x02, 0x01, 0x01, 0x65, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00})
	f.Add([]byte{0x30, 0x09, 0x02, 0x01, 0x01, 0x64, 0x04, 0x04, 0x00, 0x30, 0x00, 0x30, 0x0c, 0x02, 0x01, 0x01, 0x65, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00})
	f.Add([]byte{0x30, 0x0c, 0x02, 0x01, 0x01, 0x65, 0x07, 0x0a, 0x01, 0x20, 0x04, 0x00, 0x04, 0x01, 0x78})
	f.Fuzz(func(t *testing.T, answer []byte) {
		ours, theirs := net.Pipe()
		var all sync.WaitGroup
		all.Go(func() { // takes everything in
			b := make([]byte, 4096)
			for {
				if _, err := theirs.Read(b); err != nil {
					return
				}
			}
		})
		var calls sync.WaitGroup
		s := newSession(ours, &dialing{Options: &Options{Timeout: 5 * time.Second}, calls: &calls})
		all.Go(func() {
			_, _ = theirs.Write(answer)
			_ = theirs.Close()
		})
		for _, q := range []ldap.Search{{Base: "CN=x"}, {Base: "CN=x", Scope: ldap.ScopeTree, Limit: 3}} {
			_ = s.search(t.Context(), "search", q, func(e ldap.Entry) bool {
				_ = e.Value("cn")
				return true
			})
		}
		s.close(errSlow)
		calls.Wait()
		all.Wait()
	})
}
