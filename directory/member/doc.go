// Package member is a queue manager's membership in a forest: it registers the
// machine object, follows what the directory says of the machine and its public
// queues, works on without a directory that went away, tells and hears of changes
// (MS-MQCN) and says which way messages go (MS-MQBR).
//
// A Member is the localqm.Directory and the route.Router of its queue manager. What
// the engine asks without waiting is answered from memory. One goroutine does all that
// timers, notices and the return of the directory ask for; another one receives
// notices. Both end with Close.
//
// # Locks
//
// Member.mu guards what is known. Neither the directory nor the queue manager is
// called with it. Before it come Member.turn, which one holds who follows what the
// directory has, and Member.reading, which one holds who reads the whole map; turn is
// the first.
package member
