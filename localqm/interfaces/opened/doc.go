// Package opened has the queues that clients have open by number. MSMQ's client
// protocol opens them (MS-MQMP 3.1.4.2, 3.1.4.17) and gives the numbers to another
// computer, which reads through the older remote read (MS-MQQP).
package opened
