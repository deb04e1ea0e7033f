// Package sasl signs in to a directory by SASL (RFC 4513 5.2) and protects what
// follows: GSS-SPNEGO as Active Directory has it (MS-ADTS 5.1.1.1.2), with Kerberos or
// NTLM, and GSSAPI (RFC 4752) with Kerberos. The library that speaks LDAP has no
// such layers.
package sasl
