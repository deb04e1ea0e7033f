// Package kit holds the widgets the screens are built of: the grid, the tree,
// buttons, fields, notes, dialogs. They paint flat rectangles, text and icons
// by the tokens of views/theme and the sizes of the design.
//
// Conventions:
//
//   - Every constructor returns a widget ready for a container; options are
//     methods that return the widget, so a button reads
//     kit.NewButton("Refresh", "refresh", load).Key("F5").
//   - Icons are named as in assets ("queue", "dead-letter"), colours by the
//     tokens of views/theme; an empty name means none or the default.
//   - Fields called On... are callbacks and may be nil. They run on Fyne's
//     goroutine and must return at once.
//   - Nothing here starts a goroutine or reads a clock but Tips, which waits
//     before it shows a tooltip and comes back through a Poster.
//   - All methods are for Fyne's goroutine only.
//
// A window is wired in three calls: NewTips around its content for tooltips,
// HandleKeys and HandleShortcuts for the keys no widget uses. Dialogs and menus
// take the keys while they are open and give the focus back when they close.
//
// Panes are laid out without gaps by Dock, Stack, Row, Grow and SplitPane:
// Fyne's own containers put the theme's padding between their objects.
//
// Edges of controls, focus rings and sparklines are rasters, not strokes and
// lines, because the painters of Fyne round and blur those each in its own
// way; text is placed by its baseline for the same reason.
package kit
