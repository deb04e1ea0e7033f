package mq

// What a queue manager tells about its work.
const (
	PropMgmtMSMQActiveQueues     PropID = 1
	PropMgmtMSMQPrivateQ         PropID = 2
	PropMgmtMSMQDSServer         PropID = 3
	PropMgmtMSMQConnected        PropID = 4
	PropMgmtMSMQType             PropID = 5
	PropMgmtMSMQBytesInAllQueues PropID = 6
)

// What a queue manager tells about a queue.
const (
	PropMgmtQueuePathName            PropID = 1
	PropMgmtQueueFormatName          PropID = 2
	PropMgmtQueueType                PropID = 3
	PropMgmtQueueLocation            PropID = 4
	PropMgmtQueueXact                PropID = 5
	PropMgmtQueueForeign             PropID = 6
	PropMgmtQueueMessageCount        PropID = 7
	PropMgmtQueueBytesInQueue        PropID = 8
	PropMgmtQueueJournalMessageCount PropID = 9
	PropMgmtQueueBytesInJournal      PropID = 10
	PropMgmtQueueState               PropID = 11
	PropMgmtQueueNextHops            PropID = 12
	PropMgmtQueueEODLastAck          PropID = 13
	PropMgmtQueueEODLastAckTime      PropID = 14
	PropMgmtQueueEODLastAckCount     PropID = 15
	PropMgmtQueueEODFirstNonAck      PropID = 16
	PropMgmtQueueEODLastNonAck       PropID = 17
	PropMgmtQueueEODNextSeq          PropID = 18
	PropMgmtQueueEODNoReadCount      PropID = 19
	PropMgmtQueueEODNoAckCount       PropID = 20
	PropMgmtQueueEODResendTime       PropID = 21
	PropMgmtQueueEODResendInterval   PropID = 22
	PropMgmtQueueEODResendCount      PropID = 23
	PropMgmtQueueEODSourceInfo       PropID = 24
	PropMgmtQueueConnectionHistory   PropID = 25
	PropMgmtQueueSubqueueCount       PropID = 26
	PropMgmtQueueSubqueueNames       PropID = 27
)

// MgmtMachineProperties are what a queue manager tells about its work (MS-MQMQ
// 2.3.11).
var MgmtMachineProperties = Properties{
	{ID: PropMgmtMSMQActiveQueues, Name: "PROPID_MGMT_MSMQ_ACTIVEQUEUES", Type: VTLPWSTR | VTVector, Text: "active queues"},
	{ID: PropMgmtMSMQPrivateQ, Name: "PROPID_MGMT_MSMQ_PRIVATEQ", Type: VTLPWSTR | VTVector, Text: "private queues"},
	{ID: PropMgmtMSMQDSServer, Name: "PROPID_MGMT_MSMQ_DSSERVER", Type: VTLPWSTR, Text: "directory server in use"},
	{ID: PropMgmtMSMQConnected, Name: "PROPID_MGMT_MSMQ_CONNECTED", Type: VTLPWSTR, Text: "on the network"},
	{ID: PropMgmtMSMQType, Name: "PROPID_MGMT_MSMQ_TYPE", Type: VTLPWSTR, Text: "system and version"},
	{ID: PropMgmtMSMQBytesInAllQueues, Name: "PROPID_MGMT_MSMQ_BYTES_IN_ALL_QUEUES", Type: VTI8, Text: "bytes in all queues"},
}

// MgmtQueueProperties are what a queue manager tells about a queue (MS-MQMQ
// 2.3.12).
var MgmtQueueProperties = Properties{
	{ID: PropMgmtQueuePathName, Name: "PROPID_MGMT_QUEUE_PATHNAME", Type: VTLPWSTR, Text: "path name"},
	{ID: PropMgmtQueueFormatName, Name: "PROPID_MGMT_QUEUE_FORMATNAME", Type: VTLPWSTR, Text: "format name"},
	{ID: PropMgmtQueueType, Name: "PROPID_MGMT_QUEUE_TYPE", Type: VTLPWSTR, Text: "kind"},
	{ID: PropMgmtQueueLocation, Name: "PROPID_MGMT_QUEUE_LOCATION", Type: VTLPWSTR, Text: "location"},
	{ID: PropMgmtQueueXact, Name: "PROPID_MGMT_QUEUE_XACT", Type: VTLPWSTR, Text: "transactional"},
	{ID: PropMgmtQueueForeign, Name: "PROPID_MGMT_QUEUE_FOREIGN", Type: VTLPWSTR, Text: "foreign"},
	{ID: PropMgmtQueueMessageCount, Name: "PROPID_MGMT_QUEUE_MESSAGE_COUNT", Type: VTUI4, Text: "messages"},
	{ID: PropMgmtQueueBytesInQueue, Name: "PROPID_MGMT_QUEUE_BYTES_IN_QUEUE", Type: VTUI4, Text: "bytes"},
	{ID: PropMgmtQueueJournalMessageCount, Name: "PROPID_MGMT_QUEUE_JOURNAL_MESSAGE_COUNT", Type: VTUI4, Text: "journal messages"},
	{ID: PropMgmtQueueBytesInJournal, Name: "PROPID_MGMT_QUEUE_BYTES_IN_JOURNAL", Type: VTUI4, Text: "journal bytes"},
	{ID: PropMgmtQueueState, Name: "PROPID_MGMT_QUEUE_STATE", Type: VTLPWSTR, Text: "state"},
	{ID: PropMgmtQueueNextHops, Name: "PROPID_MGMT_QUEUE_NEXTHOPS", Type: VTLPWSTR | VTVector, Text: "next hops"},
	{ID: PropMgmtQueueEODLastAck, Name: "PROPID_MGMT_QUEUE_EOD_LAST_ACK", Type: VTBlob, Text: "last acknowledged message"},
	{ID: PropMgmtQueueEODLastAckTime, Name: "PROPID_MGMT_QUEUE_EOD_LAST_ACK_TIME", Type: VTI4, Text: "last acknowledgement at"},
	{ID: PropMgmtQueueEODLastAckCount, Name: "PROPID_MGMT_QUEUE_EOD_LAST_ACK_COUNT", Type: VTUI4, Text: "times the last acknowledgement came"},
	{ID: PropMgmtQueueEODFirstNonAck, Name: "PROPID_MGMT_QUEUE_EOD_FIRST_NON_ACK", Type: VTBlob, Text: "first message not acknowledged"},
	{ID: PropMgmtQueueEODLastNonAck, Name: "PROPID_MGMT_QUEUE_EOD_LAST_NON_ACK", Type: VTBlob, Text: "last message not acknowledged"},
	{ID: PropMgmtQueueEODNextSeq, Name: "PROPID_MGMT_QUEUE_EOD_NEXT_SEQ", Type: VTBlob, Text: "next message to send"},
	{ID: PropMgmtQueueEODNoReadCount, Name: "PROPID_MGMT_QUEUE_EOD_NO_READ_COUNT", Type: VTUI4, Text: "arrived, not yet read"},
	{ID: PropMgmtQueueEODNoAckCount, Name: "PROPID_MGMT_QUEUE_EOD_NO_ACK_COUNT", Type: VTUI4, Text: "sent, not yet acknowledged"},
	{ID: PropMgmtQueueEODResendTime, Name: "PROPID_MGMT_QUEUE_EOD_RESEND_TIME", Type: VTI4, Text: "next sending again at"},
	{ID: PropMgmtQueueEODResendInterval, Name: "PROPID_MGMT_QUEUE_EOD_RESEND_INTERVAL", Type: VTUI4, Text: "seconds between sendings"},
	{ID: PropMgmtQueueEODResendCount, Name: "PROPID_MGMT_QUEUE_EOD_RESEND_COUNT", Type: VTUI4, Text: "times sent"},
	{ID: PropMgmtQueueEODSourceInfo, Name: "PROPID_MGMT_QUEUE_EOD_SOURCE_INFO", Type: VTVariant | VTVector, Text: "senders of transactional messages"},
	{ID: PropMgmtQueueConnectionHistory, Name: "PROPID_MGMT_QUEUE_CONNECTION_HISTORY", Type: VTVariant | VTVector, Text: "connection history"},
	{ID: PropMgmtQueueSubqueueCount, Name: "PROPID_MGMT_QUEUE_SUBQUEUE_COUNT", Type: VTUI4, Text: "subqueues"},
	{ID: PropMgmtQueueSubqueueNames, Name: "PROPID_MGMT_QUEUE_SUBQUEUE_NAMES", Type: VTLPWSTR | VTVector, Text: "names of the subqueues"},
}
