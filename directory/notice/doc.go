// Package notice is the change notification of MSMQ (MS-MQCN 2.2): what queue
// managers and the directory service of MSMQ 1.0 send to the notification queue of
// the queue manager whose object was changed.
//
// Nothing in a notice is a reason to change anything: it says where to look.
package notice
