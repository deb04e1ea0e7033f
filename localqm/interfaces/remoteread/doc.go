// Package remoteread serves RemoteRead, the protocol in which queue managers and
// consoles read queues of another computer (MS-MQRR).
//
// An open queue is a context handle of the client's association group. What a client
// has begun and not ended is an entry of the queue's table of pending requests: a
// read that waits, or a receive whose message is locked until the client says that it
// has it (R_EndReceive). Every receive has an entry, also those by lookup identifier,
// which MS-MQRR 3.1.4.7 leaves out: their lock would end with the handle only. Entries
// are keyed by handle and request, so that two clients with equal numbers do not
// cancel each other's reads, as MS-MQDMPR 3.1.7.1.17 would have it.
//
// queue.mu guards the table and the cursors of a queue, server.mu what clients have
// in sum. server.mu is taken last, and neither is held in calls of the queue manager.
package remoteread
