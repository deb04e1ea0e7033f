package mq

// The properties of a message.
const (
	PropMClass               PropID = 1
	PropMMsgID               PropID = 2
	PropMCorrelationID       PropID = 3
	PropMPriority            PropID = 4
	PropMDelivery            PropID = 5
	PropMAcknowledge         PropID = 6
	PropMJournal             PropID = 7
	PropMAppSpecific         PropID = 8
	PropMBody                PropID = 9
	PropMBodySize            PropID = 10
	PropMLabel               PropID = 11
	PropMLabelLen            PropID = 12
	PropMTimeToReachQueue    PropID = 13
	PropMTimeToBeReceived    PropID = 14
	PropMRespQueue           PropID = 15
	PropMRespQueueLen        PropID = 16
	PropMAdminQueue          PropID = 17
	PropMAdminQueueLen       PropID = 18
	PropMVersion             PropID = 19
	PropMSenderID            PropID = 20
	PropMSenderIDLen         PropID = 21
	PropMSenderIDType        PropID = 22
	PropMPrivLevel           PropID = 23
	PropMAuthLevel           PropID = 24
	PropMAuthenticated       PropID = 25
	PropMHashAlg             PropID = 26
	PropMEncryptionAlg       PropID = 27
	PropMSenderCert          PropID = 28
	PropMSenderCertLen       PropID = 29
	PropMSrcMachineID        PropID = 30
	PropMSentTime            PropID = 31
	PropMArrivedTime         PropID = 32
	PropMDestQueue           PropID = 33
	PropMDestQueueLen        PropID = 34
	PropMExtension           PropID = 35
	PropMExtensionLen        PropID = 36
	PropMSecurityContext     PropID = 37
	PropMConnectorType       PropID = 38
	PropMXactStatusQueue     PropID = 39
	PropMXactStatusQueueLen  PropID = 40
	PropMTrace               PropID = 41
	PropMBodyType            PropID = 42
	PropMDestSymmKey         PropID = 43
	PropMDestSymmKeyLen      PropID = 44
	PropMSignature           PropID = 45
	PropMSignatureLen        PropID = 46
	PropMProvType            PropID = 47
	PropMProvName            PropID = 48
	PropMProvNameLen         PropID = 49
	PropMFirstInXact         PropID = 50
	PropMLastInXact          PropID = 51
	PropMXactID              PropID = 52
	PropMAuthenticatedEx     PropID = 53
	PropMRespFormatName      PropID = 54
	PropMRespFormatNameLen   PropID = 55
	PropMDestFormatName      PropID = 58
	PropMDestFormatNameLen   PropID = 59
	PropMLookupID            PropID = 60
	PropMSOAPEnvelope        PropID = 61
	PropMSOAPEnvelopeLen     PropID = 62
	PropMCompoundMessage     PropID = 63
	PropMCompoundMessageSize PropID = 64
	PropMSOAPHeader          PropID = 65
	PropMSOAPBody            PropID = 66
	PropMDeadLetterQueue     PropID = 67
	PropMDeadLetterQueueLen  PropID = 68
	PropMAbortCount          PropID = 69
	PropMMoveCount           PropID = 70
	PropMLastMoveTime        PropID = 75
)

// MessageProperties are those of a message. Their meaning is that of MS-MQDMPR
// 3.1.1.12; numbers and types are those of the public API (MQMSGPROPS), which
// the remote read protocols carry. Hash and encryption default to the strongest,
// as the specification recommends (MS-MQMQ 2.2.19.3, MS-MQDMPR 5.1).
var MessageProperties = Properties{
	{ID: PropMClass, Name: "PROPID_M_CLASS", Type: VTUI2, Set: SetOnce, Default: uint16(ClassNormal), Text: "class"},
	{ID: PropMMsgID, Name: "PROPID_M_MSGID", Type: VTUI1 | VTVector, Text: "ID"},
	{ID: PropMCorrelationID, Name: "PROPID_M_CORRELATIONID", Type: VTUI1 | VTVector, Set: SetOnce, Text: "correlation ID"},
	{ID: PropMPriority, Name: "PROPID_M_PRIORITY", Type: VTUI1, Set: SetOnce, Default: uint8(DefaultPriority), Maximum: MaxPriority, Text: "priority"},
	{ID: PropMDelivery, Name: "PROPID_M_DELIVERY", Type: VTUI1, Set: SetOnce, Default: uint8(Express), Maximum: 1, Text: "delivery"},
	{ID: PropMAcknowledge, Name: "PROPID_M_ACKNOWLEDGE", Type: VTUI1, Set: SetOnce, Default: uint8(0), Maximum: 0x0F, Text: "acknowledgements"},
	{ID: PropMJournal, Name: "PROPID_M_JOURNAL", Type: VTUI1, Set: SetOnce, Default: uint8(0), Maximum: 3, Text: "journaling"},
	{ID: PropMAppSpecific, Name: "PROPID_M_APPSPECIFIC", Type: VTUI4, Set: SetOnce, Default: uint32(0), Text: "application-specific number"},
	{ID: PropMBody, Name: "PROPID_M_BODY", Type: VTUI1 | VTVector, Set: SetOnce, Text: "body"},
	{ID: PropMBodySize, Name: "PROPID_M_BODY_SIZE", Type: VTUI4, Text: "body size"},
	{ID: PropMLabel, Name: "PROPID_M_LABEL", Type: VTLPWSTR, Set: SetOnce, Default: "", Maximum: MaxLabel, Text: "label"},
	{ID: PropMLabelLen, Name: "PROPID_M_LABEL_LEN", Type: VTUI4, Text: "length of the label"},
	{ID: PropMTimeToReachQueue, Name: "PROPID_M_TIME_TO_REACH_QUEUE", Type: VTUI4, Set: SetOnce, Default: DefaultTimeToReachQueue, Text: "time to reach the queue"},
	{ID: PropMTimeToBeReceived, Name: "PROPID_M_TIME_TO_BE_RECEIVED", Type: VTUI4, Set: SetOnce, Default: Never, Text: "time to be received"},
	{ID: PropMRespQueue, Name: "PROPID_M_RESP_QUEUE", Type: VTLPWSTR, Set: SetOnce, Text: "response queue"},
	{ID: PropMRespQueueLen, Name: "PROPID_M_RESP_QUEUE_LEN", Type: VTUI4, Text: "length of the response queue's name"},
	{ID: PropMAdminQueue, Name: "PROPID_M_ADMIN_QUEUE", Type: VTLPWSTR, Set: SetOnce, Text: "administration queue"},
	{ID: PropMAdminQueueLen, Name: "PROPID_M_ADMIN_QUEUE_LEN", Type: VTUI4, Text: "length of the administration queue's name"},
	{ID: PropMVersion, Name: "PROPID_M_VERSION", Type: VTUI4, Text: "version of the packet"},
	{ID: PropMSenderID, Name: "PROPID_M_SENDERID", Type: VTUI1 | VTVector, Text: "sender"},
	{ID: PropMSenderIDLen, Name: "PROPID_M_SENDERID_LEN", Type: VTUI4, Text: "length of the sender"},
	{ID: PropMSenderIDType, Name: "PROPID_M_SENDERID_TYPE", Type: VTUI4, Set: SetOnce, Default: uint32(1), Maximum: 2, Text: "kind of sender"},
	{ID: PropMPrivLevel, Name: "PROPID_M_PRIV_LEVEL", Type: VTUI4, Set: SetOnce, Default: uint32(PrivacyNone), Maximum: 5, Text: "privacy level"},
	{ID: PropMAuthLevel, Name: "PROPID_M_AUTH_LEVEL", Type: VTUI4, Set: SetOnce, Default: uint32(0), Maximum: 8, Text: "signing"},
	{ID: PropMAuthenticated, Name: "PROPID_M_AUTHENTICATED", Type: VTUI1, Maximum: 1, Text: "authenticated"},
	{ID: PropMHashAlg, Name: "PROPID_M_HASH_ALG", Type: VTUI4, Set: SetOnce, Default: HashSHA512, Text: "hash algorithm"},
	{ID: PropMEncryptionAlg, Name: "PROPID_M_ENCRYPTION_ALG", Type: VTUI4, Set: SetOnce, Default: EncryptAES256, Text: "encryption algorithm"},
	{ID: PropMSenderCert, Name: "PROPID_M_SENDER_CERT", Type: VTUI1 | VTVector, Set: SetOnce, Text: "sender's certificate"},
	{ID: PropMSenderCertLen, Name: "PROPID_M_SENDER_CERT_LEN", Type: VTUI4, Text: "length of the certificate"},
	{ID: PropMSrcMachineID, Name: "PROPID_M_SRC_MACHINE_ID", Type: VTCLSID, Text: "source computer"},
	{ID: PropMSentTime, Name: "PROPID_M_SENTTIME", Type: VTUI4, Text: "sent"},
	{ID: PropMArrivedTime, Name: "PROPID_M_ARRIVEDTIME", Type: VTUI4, Text: "arrived"},
	{ID: PropMDestQueue, Name: "PROPID_M_DEST_QUEUE", Type: VTLPWSTR, Text: "destination queue"},
	{ID: PropMDestQueueLen, Name: "PROPID_M_DEST_QUEUE_LEN", Type: VTUI4, Text: "length of the destination's name"},
	{ID: PropMExtension, Name: "PROPID_M_EXTENSION", Type: VTUI1 | VTVector, Set: SetOnce, Text: "extension"},
	{ID: PropMExtensionLen, Name: "PROPID_M_EXTENSION_LEN", Type: VTUI4, Text: "length of the extension"},
	{ID: PropMSecurityContext, Name: "PROPID_M_SECURITY_CONTEXT", Type: VTUI4, Set: SetOnce, Text: "security context"},
	{ID: PropMConnectorType, Name: "PROPID_M_CONNECTOR_TYPE", Type: VTCLSID, Set: SetOnce, Default: GUID{}, Text: "connector type"},
	{ID: PropMXactStatusQueue, Name: "PROPID_M_XACT_STATUS_QUEUE", Type: VTLPWSTR, Text: "transaction status queue"},
	{ID: PropMXactStatusQueueLen, Name: "PROPID_M_XACT_STATUS_QUEUE_LEN", Type: VTUI4, Text: "length of the status queue's name"},
	{ID: PropMTrace, Name: "PROPID_M_TRACE", Type: VTUI1, Set: SetOnce, Default: uint8(0), Maximum: 1, Text: "tracked"},
	{ID: PropMBodyType, Name: "PROPID_M_BODY_TYPE", Type: VTUI4, Set: SetOnce, Default: uint32(0), Text: "body type"},
	{ID: PropMDestSymmKey, Name: "PROPID_M_DEST_SYMM_KEY", Type: VTUI1 | VTVector, Set: SetOnce, Text: "symmetric key"},
	{ID: PropMDestSymmKeyLen, Name: "PROPID_M_DEST_SYMM_KEY_LEN", Type: VTUI4, Text: "length of the symmetric key"},
	{ID: PropMSignature, Name: "PROPID_M_SIGNATURE", Type: VTUI1 | VTVector, Set: SetOnce, Text: "signature"},
	{ID: PropMSignatureLen, Name: "PROPID_M_SIGNATURE_LEN", Type: VTUI4, Text: "length of the signature"},
	{ID: PropMProvType, Name: "PROPID_M_PROV_TYPE", Type: VTUI4, Set: SetOnce, Text: "type of the cryptographic provider"},
	{ID: PropMProvName, Name: "PROPID_M_PROV_NAME", Type: VTLPWSTR, Set: SetOnce, Text: "cryptographic provider"},
	{ID: PropMProvNameLen, Name: "PROPID_M_PROV_NAME_LEN", Type: VTUI4, Text: "length of the provider's name"},
	{ID: PropMFirstInXact, Name: "PROPID_M_FIRST_IN_XACT", Type: VTUI1, Maximum: 1, Text: "first in transaction"},
	{ID: PropMLastInXact, Name: "PROPID_M_LAST_IN_XACT", Type: VTUI1, Maximum: 1, Text: "last in transaction"},
	{ID: PropMXactID, Name: "PROPID_M_XACTID", Type: VTUI1 | VTVector, Text: "transaction"},
	{ID: PropMAuthenticatedEx, Name: "PROPID_M_AUTHENTICATED_EX", Type: VTUI1, Text: "kind of signature"},
	{ID: PropMRespFormatName, Name: "PROPID_M_RESP_FORMAT_NAME", Type: VTLPWSTR, Set: SetOnce, Text: "response queues"},
	{ID: PropMRespFormatNameLen, Name: "PROPID_M_RESP_FORMAT_NAME_LEN", Type: VTUI4, Text: "length of the response queues' names"},
	{ID: PropMDestFormatName, Name: "PROPID_M_DEST_FORMAT_NAME", Type: VTLPWSTR, Text: "destination queues"},
	{ID: PropMDestFormatNameLen, Name: "PROPID_M_DEST_FORMAT_NAME_LEN", Type: VTUI4, Text: "length of the destination queues' names"},
	{ID: PropMLookupID, Name: "PROPID_M_LOOKUPID", Type: VTUI8, Text: "lookup ID"},
	{ID: PropMSOAPEnvelope, Name: "PROPID_M_SOAP_ENVELOPE", Type: VTLPWSTR, Text: "SOAP envelope"},
	{ID: PropMSOAPEnvelopeLen, Name: "PROPID_M_SOAP_ENVELOPE_LEN", Type: VTUI4, Text: "length of the SOAP envelope"},
	{ID: PropMCompoundMessage, Name: "PROPID_M_COMPOUND_MESSAGE", Type: VTUI1 | VTVector, Text: "whole SRMP message"},
	{ID: PropMCompoundMessageSize, Name: "PROPID_M_COMPOUND_MESSAGE_SIZE", Type: VTUI4, Text: "size of the SRMP message"},
	{ID: PropMSOAPHeader, Name: "PROPID_M_SOAP_HEADER", Type: VTLPWSTR, Set: SetOnce, Text: "SOAP header"},
	{ID: PropMSOAPBody, Name: "PROPID_M_SOAP_BODY", Type: VTLPWSTR, Set: SetOnce, Text: "SOAP body"},
	{ID: PropMDeadLetterQueue, Name: "PROPID_M_DEADLETTER_QUEUE", Type: VTLPWSTR, Set: SetOnce, Text: "dead-letter queue"},
	{ID: PropMDeadLetterQueueLen, Name: "PROPID_M_DEADLETTER_QUEUE_LEN", Type: VTUI4, Text: "length of the dead-letter queue's name"},
	{ID: PropMAbortCount, Name: "PROPID_M_ABORT_COUNT", Type: VTUI4, Text: "abort count"},
	{ID: PropMMoveCount, Name: "PROPID_M_MOVE_COUNT", Type: VTUI4, Text: "move count"},
	{ID: PropMLastMoveTime, Name: "PROPID_M_LAST_MOVE_TIME", Type: VTUI4, Text: "last moved"},
}
