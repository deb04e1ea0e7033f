// Package krb5 signs in with Kerberos (RFC 4120, RFC 4121, MS-KILE): as a server with the
// keys of a keytab, as a client with the ticket cache of the user. Messages, keytabs and
// the primitives of encryption are gokrb5's; framing, contexts and checks are here.
package krb5
