// Package control connects windows and command lines to the queue manager that
// runs on a data folder: Serve offers a mgmtclient.Node to the account the queue
// manager runs for, Dial gives the same Node to another process.
//
// # Where
//
// A Unix socket in the folder, or a named pipe called after it on Windows. Only
// the account itself may open them (mode 0600 in a folder of mode 0700, a DACL),
// and both ends ask the system who the other one is (SO_PEERCRED,
// LOCAL_PEERCRED, the pipe's process) and refuse everyone else but the
// administrator of the machine.
//
// # Protocol
//
// Frames of a length, a kind, the number of a call, JSON, and raw bytes for
// bodies and packets, which never pass through JSON. The client says hello
// first; the server answers with its version and what its Node can do, or with
// the reason why not. After that any number of calls run side by side: a call
// carries the time it has left, can be cancelled, and ends with one result;
// searches, lists of queues and signals come in items before it, as many as the
// client granted. A frame is refused by its length before memory is taken.
//
// # Locks
//
// A Client's mu guards its table of calls, a connection's out guards its
// writes; neither is held while the other is taken or while something is
// waited for.
package control
