// Package interfaces serves the RPC interfaces of a queue manager: management
// (MS-MQMR), reading by others (MS-MQRR, MS-MQQP) and what its clients call (MS-MQMP).
// Each is in a folder of its own; here are the ports that they are reached at.
package interfaces
