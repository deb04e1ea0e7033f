package mq

import (
	"fmt"
	"strings"
)

// The combinations with a name of their own (MS-MQDMPR 3.1.1.12,
// AcknowledgementsRequested).
const (
	AckNackReachQueue = AckNegativeArrival
	AckFullReachQueue = AckPositiveArrival | AckNegativeArrival
	AckNackReceive    = AckNegativeArrival | AckNegativeReceive
	AckFullReceive    = AckPositiveReceive | AckNegativeArrival | AckNegativeReceive

	ackAll = AckPositiveArrival | AckPositiveReceive | AckNegativeArrival | AckNegativeReceive
)

var ackWords = []struct {
	bits  Ack
	words []string // the first is the printed one
}{
	{AckPositiveArrival, []string{"reached", "pos-arrival"}},
	{AckPositiveReceive, []string{"received", "pos-receive"}},
	{AckNegativeArrival, []string{"not-reached", "neg-arrival", "nack-reach-queue"}},
	{AckNegativeReceive, []string{"not-received", "neg-receive"}},
	{AckFullReachQueue, []string{"full-reach-queue"}},
	{AckFullReceive, []string{"full-receive"}},
	{AckNackReceive, []string{"nack-receive"}},
	{0, []string{"none"}},
}

// String names what is asked for, "reached, not-received"; "none" for nothing.
// The four bits without meaning are left out.
func (a Ack) String() string {
	var names []string
	for _, w := range ackWords[:4] {
		if a&w.bits != 0 {
			names = append(names, w.words[0])
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Wants reports whether a message of class c is asked for.
func (a Ack) Wants(c Class) bool {
	switch {
	case c == ClassAckReachQueue:
		return a&AckPositiveArrival != 0
	case c == ClassAckReceive:
		return a&AckPositiveReceive != 0
	case c.Arrived():
		return a&AckNegativeReceive != 0
	case c.IsNack():
		return a&AckNegativeArrival != 0
	}
	return false
}

// ParseAck reads words separated by commas, in any case: reached, received,
// not-reached, not-received, none, and the specification's full-reach-queue,
// full-receive, nack-reach-queue, nack-receive.
func ParseAck(s string) (Ack, error) {
	var a Ack
next:
	for _, word := range strings.Split(s, ",") {
		word = strings.ToLower(strings.TrimSpace(word))
		for _, w := range ackWords {
			for _, known := range w.words {
				if word == known {
					a |= w.bits
					continue next
				}
			}
		}
		return 0, Errorf(ErrIllegalPropertyValue, "read the acknowledgements "+Quote(s), "%s is no kind of acknowledgement", Quote(word)).
			WithFix("use reached, received, not-reached and not-received, separated by commas, or none")
	}
	return a & ackAll, nil
}

// String is the delivery mode in one word.
func (d Delivery) String() string {
	switch d {
	case Express:
		return "express"
	case Recoverable:
		return "recoverable"
	}
	return fmt.Sprintf("Delivery(%d)", uint8(d))
}
