// Package qm2qm serves MS-MQQP, the older remote read, for the queue managers of
// applications that speak MS-MQMP. An application opens a queue through qmcomm and
// gives the number that it gets to its queue manager, which claims it here
// (RemoteQMOpenQueue) and reads.
//
// A number is good for one reader, and then only within the association group that
// claimed it: numbers can be guessed, and they carry the rights of who opened.
package qm2qm
