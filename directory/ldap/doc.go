// Package ldap maps the objects of package directory onto Active Directory's LDAP
// schema for MSMQ (MS-MQDSSM): names, attributes, filters and the rules of creation,
// change and deletion. It works on Operations; directory/ldap/conn has them over a
// connection, directory/ldap/memory in memory.
package ldap
