// Package secure says who may do what: security identifiers, access control
// lists and security descriptors, as bytes (MS-DTYP 2.4) and as SDDL (MS-DTYP
// 2.5.1), the access check (MS-DTYP 2.5.3.2) and the descriptors that new
// queues get.
package secure
