// Package storetest is what every store has to do: one suite, run on the
// SQLite store and on the model, and a comparison of two stores over random
// steps.
package storetest
