// Package samba is for tests with a real Active Directory: the throw-away domain
// controller of scripts/samba-ad, and what is needed to look at it with tools that
// are not ours.
package samba
