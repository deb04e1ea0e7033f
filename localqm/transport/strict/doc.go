// Package strict is tests alone: a queue manager that was written from the text of
// MS-MQQB and MS-MQMQ 2.2.18-2.2.20 and nothing else talks to ours, in both roles.
// It has its own reader and writer of bytes, shares no code with package wire or
// session, and complains about every byte that the text does not allow. What the
// text lets a sender leave undefined it fills with rubbish, as Windows does.
package strict
