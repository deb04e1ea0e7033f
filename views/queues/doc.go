// Package queues is the screen of a computer's queues and of the messages in
// the chosen one, its journal and its subqueues.
//
// Messages of a queue are read by key, a page at a time, and never all of
// them: see run for how a grid of a million rows is kept over that.
package queues
