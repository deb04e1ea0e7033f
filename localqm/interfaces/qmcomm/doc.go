// Package qmcomm serves MSMQ's client protocol (MS-MQMP), the interfaces qmcomm and
// qmcomm2: queues are created, changed and deleted, opened, sent to and read, by
// clients that have no queue manager of their own.
//
// A queue of another computer is opened for reading in three steps: this queue
// manager says where it is, the client opens it there (R_QMOpenRemoteQueue) and
// brings its number here, and this queue manager reads there for the client, by the
// older remote read (MS-MQQP).
package qmcomm
