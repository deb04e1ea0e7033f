package queues

import (
	"context"
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// bench is a grid over the messages of a queue of a million.
type bench struct {
	*screentest.Host
	b    *testing.B
	m    *Messages
	grid *kit.Grid
}

func newBench(b *testing.B, rows int) *bench {
	b.Helper()
	viewtest.NewApp(b, theme.Light)
	n := fake.Sample()
	if err := n.Fill("tariff.rates", fake.Readings(rows)); err != nil {
		b.Fatal(err)
	}
	s := &bench{Host: screentest.New(b, n), b: b}
	s.m = NewMessages(s.Host)
	s.grid = kit.NewGrid(s.m, gridColumns(listMessages)...)
	s.grid.OnNeed = s.m.Need
	s.m.Seen = s.grid.VisibleRange
	s.m.OnRows = func(moved int) {
		s.grid.Refresh()
		if moved != 0 {
			s.grid.SetScrollOffset(s.grid.ScrollOffset() + int64(moved)*28)
		}
	}
	viewtest.Window(b, s.grid, fyne.NewSize(736, 400))
	nodes := s.Nodes()
	s.m.Show(s.Scope(), nodes[0], tariff, int64(rows))
	s.there()
	return s
}

// there waits until all rows in sight are in memory.
func (s *bench) there() {
	s.Until(s.b, "the rows in sight", func() bool {
		from, to := s.grid.VisibleRange()
		for i := from; i < to; i++ {
			if s.m.line(i) == nil {
				return false
			}
		}
		return s.m.Loaded()
	})
}

// BenchmarkScroll scrolls a million rows by one row at a time, pages included.
func BenchmarkScroll(b *testing.B) {
	for _, at := range []int64{0, 900_000} {
		b.Run(screen.Count(at), func(b *testing.B) {
			s := newBench(b, 1_000_000)
			s.grid.SetScrollOffset(at * 28)
			s.there()
			b.ResetTimer()
			for range b.N {
				s.grid.SetScrollOffset(s.grid.ScrollOffset() + 28)
				s.Run()
			}
			b.StopTimer()
			s.there()
		})
	}
}

// BenchmarkJump goes to far places of a million rows and waits for the rows.
func BenchmarkJump(b *testing.B) {
	s := newBench(b, 1_000_000)
	b.ResetTimer()
	for i := range b.N {
		s.grid.ScrollTo((i*618_033 + 100_000) % 1_000_000)
		s.there()
	}
}

// BenchmarkSelectRange selects ten thousand rows with Shift.
func BenchmarkSelectRange(b *testing.B) {
	s := newBench(b, 1_000_000)
	s.m.Filter("reading")
	s.Until(b, "rows to select", func() bool { return s.m.Len() >= runLimit && !s.m.busy })
	b.ResetTimer()
	for range b.N {
		s.grid.SelectAll()
	}
}

// BenchmarkFilter filters ten thousand rows as one types.
func BenchmarkFilter(b *testing.B) {
	s := newBench(b, 1_000_000)
	s.m.Filter("reading")
	s.Until(b, "rows to filter", func() bool { return s.m.Len() >= runLimit && !s.m.busy })
	b.ResetTimer()
	for i := range b.N {
		s.m.Filter([]string{"1", "12", "123"}[i%3])
	}
}

// BenchmarkSort sorts ten thousand rows.
func BenchmarkSort(b *testing.B) {
	s := newBench(b, 1_000_000)
	s.m.Sort(kit.Sort{Key: colLabel})
	s.Until(b, "rows to sort", func() bool { return s.m.Len() >= runLimit && !s.m.busy })
	b.ResetTimer()
	for i := range b.N {
		s.m.Sort(kit.Sort{Key: colLabel, Desc: i%2 == 0})
	}
}

// BenchmarkLive shows a queue that changes at every step.
func BenchmarkLive(b *testing.B) {
	s := newBench(b, 100_000)
	n := s.Nodes()[0].Client
	receiver, _ := mgmtclient.Can[mgmtclient.Receiver](n)
	b.ResetTimer()
	for range b.N {
		if _, err := receiver.Receive(context.Background(), tariff, mgmtclient.ReceiveOptions{}); err != nil {
			b.Fatal(err)
		}
		s.m.Refresh()
		s.Until(b, "the answer", func() bool { return !s.m.busy })
	}
}
