package screen

import (
	"testing"
	"time"

	"posthouse/views/kit"
)

func TestASeriesGrowsToAnHour(t *testing.T) {
	s := &series{step: firstStep}
	began := time.Date(2026, time.November, 19, 12, 0, 0, 0, time.UTC)
	for i := range 3600 {
		s.add(began.Add(time.Duration(i)*time.Second), float64(i))
	}
	if s.step < lastStep {
		t.Errorf("after an hour a point stands for %v", s.step)
	}
	if n := len(s.values); n < kit.SparkPoints/2 || n > kit.SparkPoints {
		t.Errorf("%d points", n)
	}
	if last := s.values[len(s.values)-1]; last != 3599 {
		t.Errorf("the last point is %v, not that of now", last)
	}
	for i := 1; i < len(s.values); i++ {
		if s.values[i] <= s.values[i-1] {
			t.Errorf("out of order: %v", s.values)
		}
	}
	for i := range 7200 {
		s.add(began.Add(time.Hour+time.Duration(i)*time.Second), 5)
	}
	if len(s.values) != kit.SparkPoints || s.values[0] != 5 {
		t.Errorf("older than an hour: %v", s.values)
	}
}
