// Package computer has the dialogs about other computers: to add one, to change or
// remove it, and to sign in to it as somebody else.
//
// A test tries what a connection needs layer by layer and says what to do about the
// first that fails. A computer can be saved without it, and the button says so.
package computer
