// Package screen is what the window and its screens share: the Host that a
// screen is built on, the Scope that owns its work, routes, commands,
// preferences, the Feed of live counters, and the words and numbers of the
// design.
//
// A screen is a folder of views: view.go arranges widgets, presenter.go takes
// the decisions and names no widget. A screen is built once, by a Factory that
// package app hands to the shell; it is entered and left as the user goes
// about. Nothing slow runs on Fyne's goroutine: Load runs work in a Scope and
// comes back through the Poster, or not at all once the screen was left.
package screen
