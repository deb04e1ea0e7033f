package localqm

import "time"

// Clock tells the time and rings; tests turn it by hand.
type Clock interface {
	Now() time.Time
	// Timer delivers once after d; stop releases it and may be called twice.
	Timer(d time.Duration) (c <-chan time.Time, stop func())
}

// SystemClock is the clock of the machine.
type SystemClock struct{}

// Now is the present in UTC.
func (SystemClock) Now() time.Time { return time.Now().UTC() }

// Timer is time.NewTimer.
func (SystemClock) Timer(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}
