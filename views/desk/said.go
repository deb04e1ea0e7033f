package desk

import (
	"strings"

	"posthouse/views/kit"
	"posthouse/views/screen"
)

// Said is what became of the last entry, above the form; shown is false if
// there is nothing to say.
func (f *Fill) Said() (s say, shown bool) {
	switch {
	case f.fault != nil:
		why, fix, _ := screen.Reason(f.fault)
		s = say{kit.Danger, "x-circle", "It was not saved.", strings.TrimSpace(why + " " + fix)}
		if f.draft.Attempt != "" {
			s.bold = "Nobody said that it is saved."
			s.text += " Save it again: should it have been saved after all, it is not saved twice."
		}
		return s, true
	case f.done != nil && f.done.already:
		return say{kit.Success, "check-circle", "It had been saved already.", f.done.name + ", " + f.done.reference + ". It is not there twice. To change it, take it back."}, true
	case f.done != nil:
		return say{kit.Success, "check-circle", "Saved on this computer.", f.done.name + ", " + f.done.reference + ", at " + screen.Moment(f.done.at, f.p.host.Now()) + "."}, true
	case len(f.faults) > 0 && f.strict:
		return say{kit.Warning, "warning", "Not saved yet.", "Mend what is marked in red."}, true
	case f.note != "":
		return say{kit.Info, "info", f.note, ""}, true
	}
	return say{}, false
}

// Words stand beside the buttons.
func (f *Fill) Words() string {
	switch {
	case f.saving:
		return "Saving…"
	case f.Written():
		return "Not saved yet. Your draft is kept."
	}
	return "Enter saves. Ctrl Enter saves from a text of several lines too."
}

// DiscardWords say what would be lost.
func (f *Fill) DiscardWords() string {
	if f.draft.Reference != "" {
		return "This entry was taken back and is nowhere else: it would be lost."
	}
	return "It was not saved anywhere else."
}
