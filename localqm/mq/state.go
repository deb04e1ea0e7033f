package mq

import "fmt"

// QueueState is the connection state of an outgoing queue, as the strings of
// PROPID_MGMT_QUEUE_STATE (MS-MQMQ 2.3.12.11; LOCKED: MS-MQMR 3.1.4.1.3).
type QueueState string

// The states of queues.
const (
	StateLocal          QueueState = "LOCAL CONNECTION"
	StateInactive       QueueState = "INACTIVE"
	StateWaiting        QueueState = "WAITING"
	StateNeedValidation QueueState = "NEED VALIDATION"
	StateOnHold         QueueState = "ONHOLD"
	StateConnected      QueueState = "CONNECTED"
	StateDisconnecting  QueueState = "DISCONNECTING"
	StateDisconnected   QueueState = "DISCONNECTED"
	StateLocked         QueueState = "LOCKED"
)

// Text is the state in plain words; empty if unknown.
func (s QueueState) Text() string {
	switch s {
	case StateLocal:
		return "On this computer, no network needed"
	case StateInactive:
		return "Not trying to connect"
	case StateWaiting:
		return "Waiting to connect"
	case StateNeedValidation:
		return "Its address must be asked from the directory first"
	case StateOnHold:
		return "Paused"
	case StateConnected:
		return "Connected"
	case StateDisconnecting:
		return "Disconnecting"
	case StateDisconnected:
		return "Not connected"
	case StateLocked:
		return "Locked: only HTTP may leave this computer"
	}
	return ""
}

// The kinds of queues a queue manager reports (PROPID_MGMT_QUEUE_TYPE, MS-MQMQ
// 2.3.12.3).
const (
	QueueTypePublic    = "PUBLIC"
	QueueTypePrivate   = "PRIVATE"
	QueueTypeMachine   = "MACHINE"
	QueueTypeConnector = "CONNECTOR"
	QueueTypeMulticast = "MULTICAST"
)

// Where a queue is (PROPID_MGMT_QUEUE_LOCATION, MS-MQMQ 2.3.12.4).
const (
	LocationLocal  = "LOCAL"
	LocationRemote = "REMOTE"
)

// The answers of PROPID_MGMT_QUEUE_XACT and _FOREIGN (MS-MQMQ 2.3.12.5-6).
const (
	AnswerUnknown = "UNKNOWN"
	AnswerYes     = "YES"
	AnswerNo      = "NO"
)

// Whether a queue manager is on the network (PROPID_MGMT_MSMQ_CONNECTED,
// MS-MQMQ 2.3.11.4).
const (
	MachineConnected    = "CONNECTED"
	MachineDisconnected = "DISCONNECTED"
)

// ConnectionStatus is one entry of a queue's connection history
// (PROPID_MGMT_QUEUE_CONNECTION_HISTORY, MS-MQMQ 2.3.12.25).
type ConnectionStatus uint32

// The entries of a connection history.
const (
	ConnInProcess            ConnectionStatus = 0x00000000
	ConnEstablishReceived    ConnectionStatus = 0x00000001
	ConnEstablished          ConnectionStatus = 0x00000002
	ConnUnknownFailure       ConnectionStatus = 0x80000000
	ConnPingFailure          ConnectionStatus = 0x80000001
	ConnCreateSocketFailure  ConnectionStatus = 0x80000002
	ConnBindSocketFailure    ConnectionStatus = 0x80000003
	ConnConnectSocketFailure ConnectionStatus = 0x80000004
	ConnTCPNotEnabled        ConnectionStatus = 0x80000005
	ConnSendFailure          ConnectionStatus = 0x80000006
	ConnNotReady             ConnectionStatus = 0x80000007
	ConnDNSFailure           ConnectionStatus = 0x80000008
	ConnCertificateFailure   ConnectionStatus = 0x80000009
	ConnLimitReached         ConnectionStatus = 0x8000000A
	ConnRefused              ConnectionStatus = 0x8000000B
	ConnNoRoutingData        ConnectionStatus = 0x8000000C
	ConnLowMemory            ConnectionStatus = 0x8000000D
)

var connectionWords = map[ConnectionStatus]string{
	ConnInProcess:            "Connecting",
	ConnEstablishReceived:    "The other side answered",
	ConnEstablished:          "Connected and ready to send",
	ConnUnknownFailure:       "Failed, no reason known",
	ConnPingFailure:          "The other computer did not answer a ping",
	ConnCreateSocketFailure:  "This computer could not open a network connection",
	ConnBindSocketFailure:    "This computer could not use its network address",
	ConnConnectSocketFailure: "The other computer could not be reached",
	ConnTCPNotEnabled:        "TCP is switched off",
	ConnSendFailure:          "The connection broke while sending",
	ConnNotReady:             "The connection was not ready",
	ConnDNSFailure:           "The computer's name was not found",
	ConnCertificateFailure:   "The server's certificate could not be trusted",
	ConnLimitReached:         "Too many connections from here to that computer",
	ConnRefused:              "The other queue manager refused: its quota, its limit of connections or a bad packet",
	ConnNoRoutingData:        "No directory server is there to ask for the way",
	ConnLowMemory:            "Out of memory",
}

// Failed reports whether the entry tells a failure.
func (c ConnectionStatus) Failed() bool { return c&0x80000000 != 0 }

// String is the entry in plain words, the hex code if unknown.
func (c ConnectionStatus) String() string {
	if w, ok := connectionWords[c]; ok {
		return w
	}
	return fmt.Sprintf("0x%08X", uint32(c))
}
