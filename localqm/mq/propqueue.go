package mq

// The properties of a queue.
const (
	PropQInstance            PropID = 101
	PropQType                PropID = 102
	PropQPathName            PropID = 103
	PropQJournal             PropID = 104
	PropQQuota               PropID = 105
	PropQBasePriority        PropID = 106
	PropQJournalQuota        PropID = 107
	PropQLabel               PropID = 108
	PropQCreateTime          PropID = 109
	PropQModifyTime          PropID = 110
	PropQAuthenticate        PropID = 111
	PropQPrivLevel           PropID = 112
	PropQTransaction         PropID = 113
	PropQScope               PropID = 114
	PropQQMID                PropID = 115
	PropQPartitionID         PropID = 116
	PropQSeqNum              PropID = 117
	PropQHashKey             PropID = 118
	PropQLabelHashKey        PropID = 119
	PropQFullPath            PropID = 121
	PropQNameSuffix          PropID = 123
	PropQPathNameDNS         PropID = 124
	PropQMulticastAddress    PropID = 125
	PropQADSPath             PropID = 126
	PropQSecurity            PropID = 1101
	PropQObjSecurity         PropID = 1102
	PropQSecurityInformation PropID = 1103
)

// QueueProperties are those of a queue (MS-MQMQ 2.3.1).
var QueueProperties = Properties{
	{ID: PropQInstance, Name: "PROPID_Q_INSTANCE", Type: VTCLSID, Text: "ID"},
	{ID: PropQType, Name: "PROPID_Q_TYPE", Type: VTCLSID, Set: SetAlways, Default: GUID{}, Text: "type ID"},
	{ID: PropQPathName, Name: "PROPID_Q_PATHNAME", Type: VTLPWSTR, Set: SetOnce, Text: "path name"},
	{ID: PropQJournal, Name: "PROPID_Q_JOURNAL", Type: VTUI1, Set: SetAlways, Default: uint8(0), Maximum: 1, Text: "journal"},
	{ID: PropQQuota, Name: "PROPID_Q_QUOTA", Type: VTUI4, Set: SetAlways, Default: Unlimited, Text: "message storage limit"},
	{ID: PropQBasePriority, Name: "PROPID_Q_BASEPRIORITY", Type: VTI2, Set: SetAlways, Default: int16(0), Minimum: MinBasePriority, Maximum: MaxBasePriority, Text: "base priority"},
	{ID: PropQJournalQuota, Name: "PROPID_Q_JOURNAL_QUOTA", Type: VTUI4, Set: SetAlways, Default: Unlimited, Text: "journal storage limit"},
	{ID: PropQLabel, Name: "PROPID_Q_LABEL", Type: VTLPWSTR, Set: SetAlways, Default: "", Maximum: MaxQueueLabel, Text: "label"},
	{ID: PropQCreateTime, Name: "PROPID_Q_CREATE_TIME", Type: VTI4, Text: "created"},
	{ID: PropQModifyTime, Name: "PROPID_Q_MODIFY_TIME", Type: VTI4, Text: "modified"},
	{ID: PropQAuthenticate, Name: "PROPID_Q_AUTHENTICATE", Type: VTUI1, Set: SetAlways, Default: uint8(0), Maximum: 1, Text: "authenticated"},
	{ID: PropQPrivLevel, Name: "PROPID_Q_PRIV_LEVEL", Type: VTUI4, Set: SetAlways, Default: uint32(QueuePrivacyOptional), Maximum: 2, Text: "privacy level"},
	{ID: PropQTransaction, Name: "PROPID_Q_TRANSACTION", Type: VTUI1, Set: SetOnce, Default: uint8(0), Maximum: 1, Text: "transactional"},
	{ID: PropQScope, Name: "PROPID_Q_SCOPE", Type: VTUI1, Maximum: 1, Text: "scope"},
	{ID: PropQQMID, Name: "PROPID_Q_QMID", Type: VTCLSID, Text: "queue manager ID"},
	{ID: PropQPartitionID, Name: "PROPID_Q_PARTITIONID", Type: VTCLSID, Text: "partition ID"},
	{ID: PropQSeqNum, Name: "PROPID_Q_SEQNUM", Type: VTBlob, Text: "directory sequence number"},
	{ID: PropQHashKey, Name: "PROPID_Q_HASHKEY", Type: VTUI4, Text: "reserved"},
	{ID: PropQLabelHashKey, Name: "PROPID_Q_LABEL_HASHKEY", Type: VTUI4, Text: "reserved"},
	{ID: PropQFullPath, Name: "PROPID_Q_FULL_PATH", Type: VTLPWSTR, Text: "distinguished name"},
	{ID: PropQNameSuffix, Name: "PROPID_Q_NAME_SUFFIX", Type: VTLPWSTR, Text: "end of a long name"},
	{ID: PropQPathNameDNS, Name: "PROPID_Q_PATHNAME_DNS", Type: VTLPWSTR, Text: "path name with DNS name"},
	{ID: PropQMulticastAddress, Name: "PROPID_Q_MULTICAST_ADDRESS", Type: VTLPWSTR, Set: SetAlways, Default: "", Text: "multicast address"},
	{ID: PropQADSPath, Name: "PROPID_Q_ADS_PATH", Type: VTLPWSTR, Text: "directory path"},
	{ID: PropQSecurity, Name: "PROPID_Q_SECURITY", Type: VTBlob, Set: SetAlways, Text: "permissions"},
	{ID: PropQObjSecurity, Name: "PROPID_Q_OBJ_SECURITY", Type: VTBlob, Text: "permissions in the directory"},
	{ID: PropQSecurityInformation, Name: "PROPID_Q_SECURITY_INFORMATION", Type: VTUI4, Text: "parts of the permissions"},
}
