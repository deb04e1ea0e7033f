package transport

import "time"

// schedule is the Transactional Ack Wait Timer of an outgoing queue (MS-MQQB
// 3.1.2.6, 3.1.6.5). It grows with time-outs in a row, and progress sets it back
// (note <24>): advanced by each acknowledgement, as 3.1.5.6 has it, it would
// slow a healthy sender down to six hours.
type schedule struct {
	waits []time.Duration // ResendTimerTable
	step  int             // time-outs in a row
	at    time.Time       // zero: nothing waits for an acknowledgement
}

// The ResendTimeouts of MS-MQQB 3.1.1.3, for settings that leave them out.
var resendDefaults = [4]uint32{30, 300, 1800, 21600}

// resendWaits is the ResendTimerTable of the four ResendTimeouts in seconds
// (MS-MQQB 3.1.3.1).
func resendWaits(seconds [4]uint32) []time.Duration {
	waits := make([]time.Duration, 0, 10)
	for i, s := range seconds {
		if s == 0 {
			s = resendDefaults[i]
		}
		d := time.Duration(s) * time.Second
		waits = append(waits, d)
		if i < len(seconds)-1 {
			waits = append(waits, d, d)
		}
	}
	return waits
}

// wait is the time until the next resend, ResendInterval.
func (s *schedule) wait() time.Duration {
	if len(s.waits) == 0 {
		s.waits = resendWaits(resendDefaults)
	}
	return s.waits[min(s.step, len(s.waits)-1)]
}

// sent starts the timer unless it runs.
func (s *schedule) sent(now time.Time) {
	if s.at.IsZero() {
		s.at = now.Add(s.wait())
	}
}

// progress sets it back: an acknowledgement came at now. The timer stops if it
// was the last one.
func (s *schedule) progress(now time.Time, more bool) {
	s.step, s.at = 0, time.Time{}
	if more {
		s.sent(now)
	}
}

// due reports a time-out.
func (s *schedule) due(now time.Time) bool { return !s.at.IsZero() && !now.Before(s.at) }

// expired counts it: the next wait grows.
func (s *schedule) expired() { s.step, s.at = s.step+1, time.Time{} }

// stop forgets everything: the session is over.
func (s *schedule) stop() { s.step, s.at = 0, time.Time{} }
