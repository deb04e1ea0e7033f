// Package pdu is the codec of the connection-oriented PDUs of DCE/RPC (C706 12.6,
// MS-RPCE 2.2.2), the same for both sides. It writes little-endian and reads both
// byte orders; a parsed PDU is a view of the bytes it came in, and nothing is
// allocated by what a length says before the bytes are there.
package pdu
