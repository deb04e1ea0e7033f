// Package access is security descriptors as a directory keeps them: its own rights
// (MS-ADTS 5.1.3.2), entries for one kind of object or one extended right (MS-DTYP
// 2.4.4.3), and what MSMQ's rights on queues and queue managers are there.
package access
