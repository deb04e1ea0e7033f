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
// places to refill a queue's head is the one read done under it: it must be in
// step with commits. The event hub's own mutex is taken last.
package localqm
