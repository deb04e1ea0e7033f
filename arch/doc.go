// Package arch holds the tests that keep the shape of the repository: who may import
// whom, what the programs are made of, and what no file may name.
package arch
