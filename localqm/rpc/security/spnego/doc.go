// Package spnego is the negotiation of a mechanism (RFC 4178, MS-SPNG): both sides name
// what they can, the first that both know is used, and signatures over the list show
// that nobody has shortened it.
package spnego
