// Package deadletters is the inbox of dead letters of all computers: what the
// dead-letter queues, transactional dead-letter queues and dead-letter queues
// of applications hold, with the reason in words and what to do about it.
//
// Queues are read from their newest end by key, a page at a time and only so
// far as one looks; counts come from the queues' counters.
package deadletters
