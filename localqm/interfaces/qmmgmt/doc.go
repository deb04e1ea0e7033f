// Package qmmgmt serves MS-MQMR, the management of a queue manager: its properties,
// those of its queues, and actions. It is for administrators, as on Windows. Asking
// opens and creates nothing.
package qmmgmt
