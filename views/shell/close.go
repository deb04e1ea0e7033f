package shell

import (
	"fmt"

	"posthouse/views/kit"
	"posthouse/views/screen"
)

// AskClose closes the window, having asked if that would lose something.
func (s *Shell) AskClose() {
	if text, ok := s.losses(); ok {
		s.Show(kit.Confirm{
			Title: "Close Posthouse?", Icon: "warning", Text: []kit.Run{{Text: text}},
			Do: "Close", Cancel: "Stay", Danger: true, OnDo: func(bool) { s.quit() },
		}.Dialog())
		return
	}
	s.quit()
}

// losses says what closing would lose; false: nothing.
func (s *Shell) losses() (string, bool) {
	var express int64
	for _, l := range s.links {
		if l.own {
			express += s.feed.Of(l.ID).Machine.ExpressCount
		}
	}
	text := ""
	switch {
	case express == 1:
		text = "1 express message waits in memory and is lost when the queue manager of this window stops. Recoverable and transactional messages stay."
	case express > 1:
		text = fmt.Sprintf("%s express messages wait in memory and are lost when the queue manager of this window stops. Recoverable and transactional messages stay.", screen.Count(express))
	}
	if n := len(s.jobs); n > 0 {
		if text != "" {
			text += " "
		}
		text += s.jobs[n-1].Title + " stops where it is."
	}
	return text, text != ""
}

func (s *Shell) quit() {
	if w := s.o.Window; w != nil {
		size := w.Canvas().Size()
		screen.WindowSize.Set(s.prefs, [2]float32{size.Width, size.Height})
	}
	if s.o.Quit != nil {
		s.o.Quit()
	}
}
