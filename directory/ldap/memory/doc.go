// Package memory is a directory in memory for tests, benchmarks and the console's
// pictures: it does the operations of directory/ldap and refuses what a controller of
// Active Directory refuses: classes in the wrong container, missing and unknown
// attributes, wrong syntaxes, names of nothing, what the caller's rights do not cover.
// What it does was seen on Samba's controller (docs/directory.md).
package memory
