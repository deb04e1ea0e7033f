//go:build !windows

package transport_test

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"posthouse/localqm/qmtest"
	"posthouse/localqm/transport/transporttest"
)

// cpu is what the process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkTenThousandDeadHosts tells what 10,000 destinations cost that nobody
// answers at, and how soon a live one beside them is connected again.
func BenchmarkTenThousandDeadHosts(b *testing.B) {
	n := transporttest.New(b)
	from, to := n.Start("DESK7"), n.Start("HUB")
	queues(to)
	sendAll(b, from, to.Direct("orders"), 1, qmtest.Message)
	before := heap()
	for i := range 10_000 {
		sendAll(b, from, fmt.Sprintf(`DIRECT=TCP:127.2.%d.%d\private$\orders`, i/250, i%250+1), 1, express)
	}
	time.Sleep(75 * time.Second) // all wait for a minute between tries
	begin, used := time.Now(), cpu()
	time.Sleep(30 * time.Second)
	b.ReportMetric(100*float64(cpu()-used)/float64(time.Since(begin)), "%cpu")
	b.ReportMetric(float64(heap()-before)/1e6, "MB")
	to.Disconnect()
	sendAll(b, from, to.Direct("orders"), 10, qmtest.Message)
	time.Sleep(3 * time.Second)
	to.Connect()
	begin = time.Now()
	for len(to.Labels("orders")) < 11 && time.Since(begin) < time.Minute {
		time.Sleep(10 * time.Millisecond)
	}
	b.ReportMetric(time.Since(begin).Seconds(), "s-to-reconnect")
}
