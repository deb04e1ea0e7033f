package mq

// The properties of a queue manager.
const (
	PropQMSiteID               PropID = 201
	PropQMMachineID            PropID = 202
	PropQMPathName             PropID = 203
	PropQMEncryptionPK         PropID = 205
	PropQMAddress              PropID = 206
	PropQMCNs                  PropID = 207
	PropQMOutFRS               PropID = 208
	PropQMInFRS                PropID = 209
	PropQMService              PropID = 210
	PropQMPartitionID          PropID = 211
	PropQMHashKey              PropID = 212
	PropQMSeqNum               PropID = 213
	PropQMQuota                PropID = 214
	PropQMJournalQuota         PropID = 215
	PropQMMachineType          PropID = 216
	PropQMCreateTime           PropID = 217
	PropQMModifyTime           PropID = 218
	PropQMForeign              PropID = 219
	PropQMOS                   PropID = 220
	PropQMFullPath             PropID = 221
	PropQMSiteIDs              PropID = 222
	PropQMOutFRSDN             PropID = 223
	PropQMInFRSDN              PropID = 224
	PropQMServiceRouting       PropID = 227
	PropQMServiceDSServer      PropID = 228
	PropQMServiceDepClients    PropID = 229
	PropQMEncryptionPKBase     PropID = 231
	PropQMEncryptionPKEnhanced PropID = 232
	PropQMPathNameDNS          PropID = 233
	PropQMObjSecurity          PropID = 234
	PropQMSecurityInformation  PropID = 237
	PropQMEncryptPKs           PropID = 238
	PropQMSignPKs              PropID = 239
	PropQMOwnerSID             PropID = 241
	PropQMGroupInCluster       PropID = 242
	PropQMSecurity             PropID = 1201
	PropQMSignPK               PropID = 1202
	PropQMEncryptPK            PropID = 1203
	PropQMUpgradeDACL          PropID = 1205
)

// MachineProperties are those of a queue manager (MS-MQMQ 2.3.2). The sources
// disagree on the default of the message storage limit, so it has none here.
var MachineProperties = Properties{
	{ID: PropQMSiteID, Name: "PROPID_QM_SITE_ID", Type: VTCLSID, Text: "site ID"},
	{ID: PropQMMachineID, Name: "PROPID_QM_MACHINE_ID", Type: VTCLSID, Text: "ID"},
	{ID: PropQMPathName, Name: "PROPID_QM_PATHNAME", Type: VTLPWSTR, Text: "computer name"},
	{ID: PropQMEncryptionPK, Name: "PROPID_QM_ENCRYPTION_PK", Type: VTUI1 | VTVector, Text: "encryption key"},
	{ID: PropQMAddress, Name: "PROPID_QM_ADDRESS", Type: VTBlob, Text: "network addresses"},
	{ID: PropQMCNs, Name: "PROPID_QM_CNS", Type: VTCLSID | VTVector, Text: "connected networks"},
	{ID: PropQMOutFRS, Name: "PROPID_QM_OUTFRS", Type: VTCLSID | VTVector, Set: SetAlways, Text: "outgoing routing servers"},
	{ID: PropQMInFRS, Name: "PROPID_QM_INFRS", Type: VTCLSID | VTVector, Set: SetAlways, Text: "incoming routing servers"},
	{ID: PropQMService, Name: "PROPID_QM_SERVICE", Type: VTUI4, Maximum: 0x1F, Text: "services"},
	{ID: PropQMPartitionID, Name: "PROPID_QM_PARTITIONID", Type: VTCLSID, Text: "partition ID"},
	{ID: PropQMHashKey, Name: "PROPID_QM_HASHKEY", Type: VTUI4, Text: "reserved"},
	{ID: PropQMSeqNum, Name: "PROPID_QM_SEQNUM", Type: VTBlob, Text: "directory sequence number"},
	{ID: PropQMQuota, Name: "PROPID_QM_QUOTA", Type: VTUI4, Set: SetAlways, Text: "message storage limit"},
	{ID: PropQMJournalQuota, Name: "PROPID_QM_JOURNAL_QUOTA", Type: VTUI4, Set: SetAlways, Default: Unlimited, Text: "journal storage limit"},
	{ID: PropQMMachineType, Name: "PROPID_QM_MACHINE_TYPE", Type: VTLPWSTR, Text: "system and version"},
	{ID: PropQMCreateTime, Name: "PROPID_QM_CREATE_TIME", Type: VTI4, Text: "created"},
	{ID: PropQMModifyTime, Name: "PROPID_QM_MODIFY_TIME", Type: VTI4, Text: "modified"},
	{ID: PropQMForeign, Name: "PROPID_QM_FOREIGN", Type: VTUI1, Set: SetOnce, Default: uint8(0), Maximum: 1, Text: "foreign computer"},
	{ID: PropQMOS, Name: "PROPID_QM_OS", Type: VTUI4, Maximum: 0x500, Text: "operating system"},
	{ID: PropQMFullPath, Name: "PROPID_QM_FULL_PATH", Type: VTLPWSTR, Text: "distinguished name"},
	{ID: PropQMSiteIDs, Name: "PROPID_QM_SITE_IDS", Type: VTCLSID | VTVector, Set: SetAlways, Text: "sites"},
	{ID: PropQMOutFRSDN, Name: "PROPID_QM_OUTFRS_DN", Type: VTLPWSTR | VTVector, Set: SetAlways, Text: "outgoing routing servers by name"},
	{ID: PropQMInFRSDN, Name: "PROPID_QM_INFRS_DN", Type: VTLPWSTR | VTVector, Set: SetAlways, Text: "incoming routing servers by name"},
	{ID: PropQMServiceRouting, Name: "PROPID_QM_SERVICE_ROUTING", Type: VTUI1, Maximum: 1, Text: "routing server"},
	{ID: PropQMServiceDSServer, Name: "PROPID_QM_SERVICE_DSSERVER", Type: VTUI1, Maximum: 1, Text: "directory server"},
	{ID: PropQMServiceDepClients, Name: "PROPID_QM_SERVICE_DEPCLIENTS", Type: VTUI1, Maximum: 1, Text: "server of dependent clients"},
	{ID: PropQMEncryptionPKBase, Name: "PROPID_QM_ENCRYPTION_PK_BASE", Type: VTUI1 | VTVector, Text: "encryption key, base provider"},
	{ID: PropQMEncryptionPKEnhanced, Name: "PROPID_QM_ENCRYPTION_PK_ENHANCED", Type: VTUI1 | VTVector, Text: "encryption key, enhanced provider"},
	{ID: PropQMPathNameDNS, Name: "PROPID_QM_PATHNAME_DNS", Type: VTLPWSTR, Text: "DNS name"},
	{ID: PropQMObjSecurity, Name: "PROPID_QM_OBJ_SECURITY", Type: VTBlob, Text: "permissions in the directory"},
	{ID: PropQMSecurityInformation, Name: "PROPID_QM_SECURITY_INFORMATION", Type: VTUI4, Text: "parts of the permissions"},
	{ID: PropQMEncryptPKs, Name: "PROPID_QM_ENCRYPT_PKS", Type: VTBlob, Text: "encryption keys"},
	{ID: PropQMSignPKs, Name: "PROPID_QM_SIGN_PKS", Type: VTBlob, Text: "signing keys"},
	{ID: PropQMOwnerSID, Name: "PROPID_QM_OWNER_SID", Type: VTBlob, Set: SetOnce, Text: "installed by"},
	{ID: PropQMGroupInCluster, Name: "PROPID_QM_GROUP_IN_CLUSTER", Type: VTUI1, Set: SetOnce, Default: uint8(0), Maximum: 1, Text: "in a cluster"},
	{ID: PropQMSecurity, Name: "PROPID_QM_SECURITY", Type: VTBlob, Set: SetAlways, Text: "permissions"},
	{ID: PropQMSignPK, Name: "PROPID_QM_SIGN_PK", Type: VTBlob, Set: SetOnce, Text: "signing key"},
	{ID: PropQMEncryptPK, Name: "PROPID_QM_ENCRYPT_PK", Type: VTBlob, Set: SetOnce, Text: "encryption key"},
	{ID: PropQMUpgradeDACL, Name: "PROPID_QM_UPGRADE_DACL", Type: VTBlob, Set: SetAlways, Text: "renewal of the permissions"},
}
