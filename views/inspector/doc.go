// Package inspector is the pane that shows one message: all its properties in
// plain words, and its body as XML, JSON, text or hex.
package inspector
