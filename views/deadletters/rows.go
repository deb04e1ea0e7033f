package deadletters

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/views/screen"
)

// The ways to group.
const (
	byReason      = "reason"
	byDestination = "destination"
	byComputer    = "computer"
	flat          = "flat"
)

// The columns.
const (
	colLabel = "label"
	colTo    = "to"
	colHeld  = "held"
	colDied  = "died"
	colSize  = "size"
)

// How many letters of a group show at first: of the biggest, and of the
// others; and how many more each time.
const (
	groupFirst = 7
	groupNext  = 3
	groupMore  = 200
)

// group is a heading and the letters under it.
type group struct {
	id      string
	class   mq.Class // byReason
	title   string
	letters []int
	oldest  time.Time
}

// rowKind is what a row of the grid shows.
type rowKind int

const (
	rowLetter rowKind = iota
	rowGroup
	rowMore
)

// row is a row of the grid.
type row struct {
	kind   rowKind
	group  int
	letter int // rowLetter
	rest   int // rowMore: how many are not shown
}

// destination is where a letter was going, without private$: HOST\queue.
func destination(l *letter) string {
	p, ok := pathOf(l.DestinationQueue)
	if !ok {
		return l.DestinationQueue
	}
	s := p.Machine + `\` + p.Queue
	if p.Subqueue != "" {
		s += ";" + p.Subqueue
	}
	return s
}

// pathOf is the path name in a queue's name, which may be a path name or a
// format name; false: there is none.
func pathOf(name string) (mq.PathName, bool) {
	q, err := mq.ParseQueue(name)
	if err != nil {
		return mq.PathName{}, false
	}
	return q.PathName()
}

// matches reports whether a filter text occurs in what is shown of a letter.
func matches(l *letter, text string) bool {
	for _, s := range []string{l.Label, destination(l), l.computer, l.ID, l.ClassCode.Text(), l.ClassCode.Reason()} {
		if strings.Contains(strings.ToLower(s), text) {
			return true
		}
	}
	return false
}

// arrange makes groups and rows of the letters loaded.
func (p *Presenter) arrange() {
	text := strings.ToLower(strings.TrimSpace(p.filter))
	var picked []int
	for i := range p.letters {
		if text == "" || matches(&p.letters[i], text) {
			picked = append(picked, i)
		}
	}
	slices.SortStableFunc(picked, func(a, b int) int { return p.compare(&p.letters[a], &p.letters[b]) })
	at := map[string]int{}
	p.groups = nil
	for _, i := range picked {
		l := &p.letters[i]
		id := p.groupOf(l)
		g, ok := at[id]
		if !ok {
			g = len(p.groups)
			at[id] = g
			p.groups = append(p.groups, group{id: id, class: l.ClassCode, title: id, oldest: l.ArrivedTime})
			if p.by == byReason {
				p.groups[g].title = l.ClassCode.Text()
			}
		}
		p.groups[g].letters = append(p.groups[g].letters, i)
		if l.ArrivedTime.Before(p.groups[g].oldest) {
			p.groups[g].oldest = l.ArrivedTime
		}
	}
	slices.SortStableFunc(p.groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(len(b.letters), len(a.letters)), cmp.Compare(a.title, b.title))
	})
	p.rows, p.groupRows, p.index = nil, nil, map[key]int{}
	for g := range p.groups {
		p.lay(g)
	}
}

// lay adds the rows of a group.
func (p *Presenter) lay(g int) {
	list := p.groups[g].letters
	show := len(list)
	if p.by != flat {
		p.groupRows = append(p.groupRows, len(p.rows))
		p.rows = append(p.rows, row{kind: rowGroup, group: g})
		id := p.groups[g].id
		if p.closed[id] {
			return
		}
		// One more line would take the room of the letter it hides.
		most := groupNext
		if g == 0 {
			most = groupFirst
		}
		if most += p.wider[id]; len(list) > most+1 {
			show = most
		}
	}
	for _, i := range list[:show] {
		p.index[p.letters[i].key()] = len(p.rows)
		p.rows = append(p.rows, row{kind: rowLetter, group: g, letter: i})
	}
	if rest := len(list) - show; rest > 0 {
		p.rows = append(p.rows, row{kind: rowMore, group: g, rest: rest})
	}
}

// groupOf is the group a letter belongs to.
func (p *Presenter) groupOf(l *letter) string {
	switch p.by {
	case byReason:
		return l.ClassCode.Name()
	case byDestination:
		return destination(l)
	case byComputer:
		return l.computer
	}
	return ""
}

// compare orders letters by the chosen column, then newest first.
func (p *Presenter) compare(a, b *letter) int {
	var c int
	switch p.sortBy {
	case colLabel:
		c = cmp.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label))
	case colTo:
		c = cmp.Compare(strings.ToLower(destination(a)), strings.ToLower(destination(b)))
	case colHeld:
		c = cmp.Compare(a.computer+a.queue, b.computer+b.queue)
	case colSize:
		c = cmp.Compare(a.BodySize, b.BodySize)
	default:
		c = a.ArrivedTime.Compare(b.ArrivedTime)
	}
	if p.sortDown {
		c = -c
	}
	return cmp.Or(c, b.ArrivedTime.Compare(a.ArrivedTime), cmp.Compare(b.LookupID, a.LookupID))
}

// moreWords is what a rowMore says.
func moreWords(rest int) string {
	return fmt.Sprintf("Show %s more", screen.Count(int64(min(rest, groupMore))))
}
