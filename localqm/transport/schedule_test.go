package transport

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// timeouts runs a schedule whose messages are never acknowledged and returns
// after how long each resend came.
func timeouts(s *schedule, n int) []time.Duration {
	var waits []time.Duration
	for range n {
		begin := time.Now()
		s.sent(begin)
		for !s.due(time.Now()) {
			time.Sleep(time.Until(s.at))
		}
		s.expired()
		waits = append(waits, time.Since(begin))
	}
	return waits
}

func TestResendGrowsWithTimeOutsInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := schedule{waits: resendWaits([4]uint32{})}
		const sec, minute = time.Second, time.Minute
		want := []time.Duration{
			30 * sec, 30 * sec, 30 * sec, 5 * minute, 5 * minute, 5 * minute,
			30 * minute, 30 * minute, 30 * minute, 6 * time.Hour, 6 * time.Hour, 6 * time.Hour,
		}
		if got := timeouts(&s, len(want)); !slices.Equal(got, want) {
			t.Errorf("resent after %v, want %v", got, want)
		}
		if s.step != len(want) {
			t.Errorf("%d time-outs counted, want %d", s.step, len(want))
		}
	})
}

func TestResendFollowsTheSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := schedule{waits: resendWaits([4]uint32{1, 2, 3, 4})}
		got := timeouts(&s, 11)
		var want []time.Duration
		for _, n := range []int{1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4} {
			want = append(want, time.Duration(n)*time.Second)
		}
		if !slices.Equal(got, want) {
			t.Errorf("resent after %v, want %v", got, want)
		}
	})
}

func TestProgressSetsTheResendBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := schedule{waits: resendWaits([4]uint32{})}
		timeouts(&s, 5)
		s.progress(time.Now(), true)
		if s.step != 0 || time.Until(s.at) != 30*time.Second {
			t.Errorf("after an acknowledgement: step %d, in %v", s.step, time.Until(s.at))
		}
		// Many acknowledgements never slow it down.
		for range 100 {
			time.Sleep(time.Second)
			s.progress(time.Now(), true)
		}
		if got := time.Until(s.at); got != 30*time.Second {
			t.Errorf("after 100 acknowledgements: in %v", got)
		}
		s.progress(time.Now(), false)
		if !s.at.IsZero() || s.due(time.Now().Add(time.Hour)) {
			t.Error("it waits for an acknowledgement though all came")
		}
	})
}

func TestASentMessageDoesNotPutTheResendOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := schedule{waits: resendWaits([4]uint32{})}
		s.sent(time.Now())
		for range 29 {
			time.Sleep(time.Second)
			s.sent(time.Now())
		}
		if time.Until(s.at) != time.Second {
			t.Errorf("the resend is in %v, want 1s", time.Until(s.at))
		}
	})
}
