// Package screentest is a window without a display for the tests of screens
// and dialogs: a Host that records what it is asked for, and a Poster whose
// queue the test empties itself.
package screentest
