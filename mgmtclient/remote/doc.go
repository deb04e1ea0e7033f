// Package remote is a node on a queue manager of another computer, spoken to over
// MSMQ's RPC interfaces: MS-MQMR for properties and actions, MS-MQRR for messages,
// and MS-MQMP for queues and their permissions where the peer serves it, which modern
// Windows does not. Messages are sent by the queue manager of this computer, so that
// they arrive as any other mail does.
//
// A node keeps one session: connections, signed in, and queues that are open there. A
// broken line fails the calls that run; the next call makes a new session.
//
// Calls never hang: each is cancelled after the time it may wait by itself and
// Options.CancelAfter more, as the queue manager of Windows does with remote reads
// (HKLM\SOFTWARE\Microsoft\MSMQ\Parameters\RPCCancelTimeout).
package remote
