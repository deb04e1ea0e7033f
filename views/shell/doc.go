// Package shell is the window around the screens: menu bar, sidebar with the
// tree of computers, status bar, dialogs, jobs. It is the screen.Host of the
// program.
package shell
