package kit

import (
	"fyne.io/fyne/v2"

	"posthouse/views/theme"
)

// RowID names a row for as long as it lives, whatever its place. It is a
// string, a number (a lookup id) or both.
type RowID struct {
	Text string
	Num  uint64
}

// TextID is the id of a row known by a string.
func TextID(s string) RowID { return RowID{Text: s} }

// NumID is the id of a row known by a number.
func NumID(n uint64) RowID { return RowID{Num: n} }

// Zero reports whether the id names nothing.
func (r RowID) Zero() bool { return r == RowID{} }

// Source gives a grid its rows. Both calls must be O(1) and must not touch
// disk or network: a row that is not in memory is answered with false, is
// painted as a placeholder, and is asked for by Grid.OnNeed. The length may
// change between calls; call Grid.Refresh when it did.
type Source interface {
	Len() int
	Row(i int) (RowData, bool)
}

// Grouped is a Source that has group rows, which are 36 high: it lists their
// indexes in order.
type Grouped interface {
	Source
	GroupRows() []int
}

// Identified is a Source that knows the id of rows that are not in memory. It
// lets ranges and Select all reach them; without it they take in only rows in
// memory.
type Identified interface {
	Source
	ID(i int) (RowID, bool)
}

// Indexed is a Source that finds a row by its id. Without it a grid that is
// refreshed looks for its current row near the old place only.
type Indexed interface {
	Source
	Index(id RowID) (int, bool)
}

// RowData is what a grid paints in one row.
type RowData struct {
	ID    RowID
	Cells []Cell // in the order of the columns given to NewGrid
	Group *Group // not nil: a group row, which spans all columns
	Fixed bool   // cannot be selected ("Show 16 more")
	Quiet bool   // painted muted: being deleted, not reachable
}

// Cell is what a grid paints in one column of one row. Which fields matter
// depends on the column's Kind.
type Cell struct {
	Text   string
	Tail   string              // muted words after Text
	Icon   string              // before Text
	Ink    fyne.ThemeColorName // of the icon; Muted if empty
	Color  fyne.ThemeColorName // of Text; by the column's kind if empty
	Strong bool                // medium face: names
	Link   bool                // Text is a link: see Grid.OnLink
	State  State               // KindState
	Check  CheckState          // KindCheck
	Values []float64           // KindSpark
	Part   float64             // KindMeter, KindCountdown, 0 to 1; below 0 paints a dash
	Badge  Tone                // KindBadge
}

// Group is what a group row shows: check box, caret, icon, bold text, code,
// then at the right a muted note and a count.
type Group struct {
	Open  bool
	Icon  string
	Ink   fyne.ThemeColorName
	Text  string
	Code  string // mono 11 after the text
	Note  string // muted, before the count
	Count string // bold
	Unit  string // muted, after the count
	Check CheckState
}

// Kind says how the cells of a column are painted.
type Kind int

// The kinds.
const (
	KindText      Kind = iota // icon, text, muted tail
	KindMuted                 // text in muted
	KindNumber                // right-aligned; "0" and "–" muted
	KindMono                  // mono 12, muted, cut in the middle
	KindState                 // icon, colour and word of a State
	KindIcon                  // an icon, centred
	KindSpark                 // a sparkline of 24 values
	KindMeter                 // a meter and its per cent
	KindCheck                 // a check box of its own (Grid.OnCheck)
	KindBadge                 // a badge
	KindCountdown             // a meter of what is left, and words
)

// Column describes a column of a grid.
type Column struct {
	Key      string  // names the column for sorting and preferences
	Title    string  // as in the header
	Width    float32 // with the 8 inset left and right; 0: this column stretches
	Least    float32 // least width; 48 if 0
	Kind     Kind
	Align    fyne.TextAlign // KindNumber is always trailing, KindIcon centred
	Cut      Cut
	Sortable bool
	Hidden   bool // not shown until chosen
	Needed   bool // cannot be hidden
}

func (c Column) align() fyne.TextAlign {
	switch c.Kind {
	case KindNumber:
		return fyne.TextAlignTrailing
	case KindIcon:
		return fyne.TextAlignCenter
	}
	return c.Align
}

func (c Column) least() float32 {
	if c.Least > 0 {
		return c.Least
	}
	return 48
}

// ink is the colour of a cell's text.
func (c Column) ink(cell *Cell, quiet bool) fyne.ThemeColorName {
	switch {
	case cell.Link:
		return theme.AccentText
	case cell.Color != "":
		return cell.Color
	case quiet, c.Kind == KindMuted, c.Kind == KindMono:
		return theme.Muted
	case c.Kind == KindNumber && (cell.Text == "0" || cell.Text == "–"):
		return theme.Muted
	case cell.Text == "–":
		return theme.Muted
	}
	return theme.Text
}

// ColumnState is what a user may change of a column, for the preferences.
type ColumnState struct {
	Key    string  `json:"key"`
	Width  float32 `json:"width,omitempty"` // 0: stretches
	Hidden bool    `json:"hidden,omitempty"`
}

// Sort is the order a grid shows in its header.
type Sort struct {
	Key  string `json:"key"`
	Desc bool   `json:"desc,omitempty"`
}
