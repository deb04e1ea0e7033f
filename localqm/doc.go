// Package localqm is the queue manager: the events of MS-MQDMPR 3.1 over a
// store. It knows neither how requests reach it (local control, MS-RPC, the
// binary protocol) nor who shows it.
//
// Every call names its Caller, whose rights are checked against the security
// descriptor of the queue or of the machine. Nothing is answered, woken,
// counted or told before the commit that made it true.
//
// # Locks
//
// One mutex, QueueManager.mu, guards the catalogue, positions, handles, waiting
// reads and transactions. It is never held during a commit; the store's writer
// takes it in Step.Done, so a step must not be waited for under it. Reading
// places to refill a queue's head or to move a cursor is the one read done under
// it: it must be in step with commits. QueueManager.config, which makes changes
// of queues and settings wait for each other, is taken before it and held during
// their commit; the event hub's own mutex is taken last. Outgoing.taking, which
// keeps parcels in order, is taken before mu. A Carrier is told under mu and calls
// nothing back then.
//
// # Public queues
//
// A Directory is asked without any lock and the answer followed under both: what is
// true of a public queue is what the directory has, and the store comes after it.
// Whatever ends a process between the two, who reads the directory again makes both
// agree (Follow, Forget). Its methods without a context are called under mu too, and
// call nothing back. A name is turned into one that can be looked up here (meant)
// before mu is taken. The identifier of the queue manager changes once, when it joins
// (Adopt); id and ours are how to ask for it.
//
// # Positions
//
// A position is in queue.locks while somebody has it: a read on its way, a
// pending read, a transaction, a purge or the sweeper. Whoever puts it there
// removes it by a step (gone) or gives it back (release); both happen in
// Step.Done or under mu, once. The head of a queue has only positions that are
// not locked. The store shows a commit a moment before its Done: what a reader
// locked in that moment stays out of the head.
//
// # What leaves for others
//
// An outgoing queue is known by the format name of its destination. Steps are
// handed to the store under mu (outward), where transactional messages get the
// next number of their stream: the order of numbers, of commits and of the queue
// is one. Numbers are never given twice: every start begins new streams, with
// identifiers above all that the store has seen. A failed step leaves a gap, as
// expiry does; PreviousTxSequenceNumber, set when a message leaves, bridges both.
//
// A carrier locks positions by Take and holds them until Delivered, an order
// acknowledgement, Release or Resend: meanwhile they neither expire nor are purged.
// What left (lock.sent) ends as its acknowledgements say. No transactional message
// overtakes one that somebody else holds (queue.others), nor the rest of an earlier
// stream: its number would be refused as one that came before, and then taken for
// delivered. After order acknowledgements, messages whose end is of interest move
// to the awaiting part, without deadline, until their final acknowledgement.
//
// # What comes from others
//
// Arrive decides about a packet under mu and hands its step to the store before it
// lets go, so that packets keep their order. What tells duplicates (history) and
// how far a stream has come (incoming) changes in the step of the message: it is
// never ahead of the disk, nor behind. Many packets of a stream are on their way at
// once; each step comes after the one before (Step.After), so that a failing one
// leaves no gap. Everything that strangers can make up is bounded: identifiers,
// streams, outgoing queues for answers and what waits in them.
//
// # What passes through
//
// A routing server puts a packet for another queue manager into the outgoing queue of
// its destination with one more hop; by that hop count it is known there (passing). It
// has no place in the stream of that queue, and leaves it with the session
// acknowledgement of the next hop: streams and final acknowledgements are between its
// source and its destination. Where messages are routed, the destination of a stream
// acknowledges it, whoever brings that. What goes to a foreign computer ends in a
// connector queue of its connector server (connected).
//
// Over a detour, a next hop that is no nearer to the destination, only messages leave
// that have not left our sites yet (inside). The positions of others are available and
// kept out of the head (barred) until Take is called for a better next hop. They are
// none of this machine's stream, so nothing is overtaken that must not be.
//
// # Deleted queues
//
// From the commit that marks a queue as deleted nobody finds it. One goroutine
// removes its messages and forgets it when no step and no transaction names it
// any more, so that its slot is not used again before.
package localqm
