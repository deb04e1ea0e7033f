// Package directory is MSMQ's part of Active Directory: the objects of the
// abstract data model that are shared by a forest (MS-MQDMPR 3.1.1) and the
// operations on them (MS-MQDMPR 3.1.7.1.18-24), whatever holds them.
//
// directory/ldap maps them onto LDAP (MS-MQDSSM), directory/topology computes the
// ways between sites (MS-MQBR), directory/member joins a queue manager to a forest.
package directory
