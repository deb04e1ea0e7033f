// Package route says where queue managers are: a Resolver makes addresses of
// names, a Book says which host is to be tried when, and Own tells the addresses
// of this computer as they change.
//
// Nothing here remembers an address. A host that moved is found at the next look-up
// and an address that this computer lost is told at once; MSMQ kept both until
// somebody restarted it.
package route
