// Package routemap is the screen of the sites of a forest and the routing links
// between them: a map that is panned, zoomed and arranged, a list of the same
// links, the way that a message takes from one site to another and what fails on
// it now, and the form in which a link is changed, with what that would change.
//
// The presenter decides without widgets; arrange places sites without knowing of
// either; chart is the widget of the map.
package routemap
