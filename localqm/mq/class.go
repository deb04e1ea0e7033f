package mq

// Class is a message class (MS-MQMQ 2.2.18.1.6): what a message is, or, in a
// dead-letter queue and in acknowledgements, what became of it.
type Class uint16

// The message classes.
const (
	ClassNormal                  Class = 0x0000
	ClassReport                  Class = 0x0001
	ClassAckReachQueue           Class = 0x0002
	ClassOrderAck                Class = 0x00FF
	ClassAckReceive              Class = 0x4000
	ClassNackBadDestQueue        Class = 0x8000
	ClassNackDeleted             Class = 0x8001
	ClassNackReachQueueTimeout   Class = 0x8002
	ClassNackQueueExceedQuota    Class = 0x8003
	ClassNackAccessDenied        Class = 0x8004
	ClassNackHopCountExceeded    Class = 0x8005
	ClassNackBadSignature        Class = 0x8006
	ClassNackBadEncryption       Class = 0x8007
	ClassNackNotTransactionalQ   Class = 0x8009
	ClassNackNotTransactionalMsg Class = 0x800A
	ClassNackUnsupportedCrypto   Class = 0x800B
	ClassNackQueueDeleted        Class = 0xC000
	ClassNackQueuePurged         Class = 0xC001
	ClassNackReceiveTimeout      Class = 0xC002
	ClassNackReceiveRejected     Class = 0xC004
)
