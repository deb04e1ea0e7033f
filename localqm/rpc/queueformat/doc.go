// Package queueformat turns QUEUE_FORMAT, the form that queue names have in MSMQ's
// RPC interfaces (MS-MQMQ 2.2.7), into format names and back.
package queueformat
