// Package form reads entry forms: YAML files that say which fields an operator
// fills in, how they are checked, and which message an entry becomes. It turns
// an entry into a body and reads the fields back from it. It names no widget
// and asks nothing but the files.
//
// The format is described in docs/entry-forms.md.
package form
