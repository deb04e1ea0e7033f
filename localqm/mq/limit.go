package mq

// Limits of queues and calls.
const (
	MaxQueueLabel   = 124    // UTF-16 units (MS-MQMQ 2.3.1.8)
	MaxProperties   = 128    // in one call (MS-MQMQ 2.4, MQ_ERROR_TOO_MANY_PROPERTIES)
	Unlimited       = Never  // a quota in KB without end (MS-MQMQ 2.3.1.5, 2.3.1.7)
	MinBasePriority = -32768 // of a public queue (MS-MQMQ 2.3.1.6)
	MaxBasePriority = 32767
)
