package localqm

import "time"

// Clock tells the time and rings; tests turn it by hand.
type Clock interface {
	Now() time.Time
	// Alarm delivers once when at has come; stop releases it and may be called
	// twice.
	Alarm(at time.Time) (c <-chan time.Time, stop func())
}

// SystemClock is the clock of the machine.
type SystemClock struct{}

// Now is the present in UTC.
func (SystemClock) Now() time.Time { return time.Now().UTC() }

// Alarm is a timer until then.
func (SystemClock) Alarm(at time.Time) (<-chan time.Time, func()) {
	t := time.NewTimer(time.Until(at))
	return t.C, func() { t.Stop() }
}
