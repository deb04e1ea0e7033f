package screen

import (
	"time"

	"posthouse/views/kit"
)

// A series begins with a point every five seconds and ends with one every two
// and a half minutes, so that it shows something soon and an hour at last.
const (
	firstStep = 5 * time.Second
	lastStep  = 150 * time.Second
)

// series is a history of at most kit.SparkPoints values at even steps; the
// last one is that of now.
type series struct {
	step   time.Duration
	until  time.Time // when the last point ends
	values []float64
}

func (s *series) add(now time.Time, v float64) {
	if len(s.values) > 0 && now.Before(s.until) {
		s.values[len(s.values)-1] = v
		return
	}
	s.until = now.Add(s.step)
	s.values = append(s.values, v)
	if len(s.values) <= kit.SparkPoints {
		return
	}
	if s.step >= lastStep {
		s.values = append(s.values[:0], s.values[1:]...)
		return
	}
	half := s.values[:0]
	for i := 0; i < len(s.values); i += 2 {
		half = append(half, s.values[i])
	}
	s.values = half
	s.step = min(2*s.step, lastStep)
}
