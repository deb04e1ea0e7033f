// Package wire is the codec of MSMQ's binary packets: messages (MS-MQMQ
// 2.2.18-2.2.20), the packets of a session and pings (MS-MQQB 2.2).
//
// It is pure: bytes in, a mq.Message out, and back; no clock, no connection, no
// memory of earlier packets. A message is kept and sent as its UserMessage
// packet. Append makes a packet and Parse reads one; Split and ParseSplit do the
// same without the body, which a store keeps apart so that reading headers never
// reads bodies.
//
// Reading is strict: each length is compared with what is really there before it
// is used, a packet must end where its headers end, and nothing is allocated
// from a number in the packet. What a packet says and a mq.Message cannot (bits
// marked reserved, padding, two spellings of one name) is not re-encoded, so a
// message that passes through must be forwarded as the packet that arrived.
//
// Where the specification leaves a choice or is contradicted by its own example,
// the package does this:
//
//   - SecurityData is there when one of its sizes is not zero; Flags.AI is neither
//     asked for nor set, as in the packet printed in MS-MQQB 4.1.7.
//   - A label ends at its first NUL; later characters stay in the packet only.
//   - A direct name that is well encoded but names nothing is kept as it is, for
//     the queue manager to refuse in words, instead of costing the session.
//   - A queue identifier of an element of a MultiQueueFormatHeader begins at the
//     next multiple of four; one that follows its type at once is read as well.
//   - The application dead-letter queue has no place in a UserMessage packet. It
//     follows the packet in the headers that MS-MQRR 2.2.5 puts there, past
//     PacketSize, so it is kept with the message and never sent; see Sendable.
//   - Message.HopCount 30 and 31 are read, for the hop count rule to refuse.
//   - PacketSize of a UserMessage leaves its SessionHeader out (MS-MQMQ 2.2.19.1)
//     and that of a SessionAck packet counts it (the dump in MS-MQQB 4.1.8).
//   - An OrderAck is express, as MS-MQQB 2.2.4 says against 3.1.7.17. Its priority
//     and the TxPreviousSequenceNumber it repeats are not looked at.
package wire
