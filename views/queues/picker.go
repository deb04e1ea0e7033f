package queues

import (
	"strings"

	"posthouse/views/kit"
	"posthouse/views/screen"
)

// picker is a list of targets to choose from.
type picker struct {
	grid  *kit.Grid
	all   []Target
	shown []Target
}

func newPicker(all []Target) *picker {
	p := &picker{all: all, shown: all}
	p.grid = kit.NewGrid(p, kit.Column{Key: "name"}, kit.Column{Key: "note", Width: 208, Kind: kit.KindMuted}).NoHeader()
	return p
}

func (p *picker) filter(text string) {
	p.shown = nil
	for _, t := range p.all {
		if strings.Contains(lower(screen.QueueName(t.Path)), lower(strings.TrimSpace(text))) {
			p.shown = append(p.shown, t)
		}
	}
	p.grid.SetSource(p)
	if text != "" && len(p.shown) > 0 && !strings.HasPrefix(text, ";") {
		p.grid.SetCurrent(0)
	}
}

// current is the target chosen in the list.
func (p *picker) current() (Target, bool) {
	id, ok := p.grid.Current()
	if !ok {
		return Target{}, false
	}
	for _, t := range p.shown {
		if t.Path == id.Text {
			return t, true
		}
	}
	return Target{}, false
}

// Len is kit.Source's.
func (p *picker) Len() int { return len(p.shown) }

// Row is kit.Source's.
func (p *picker) Row(i int) (kit.RowData, bool) {
	if i >= len(p.shown) {
		return kit.RowData{}, false
	}
	t := p.shown[i]
	icon := "queue"
	if t.Same {
		icon = "branch"
	}
	return kit.RowData{ID: kit.TextID(t.Path), Cells: []kit.Cell{{Text: screen.QueueName(t.Path), Icon: icon}, {Text: t.Note}}}, true
}
