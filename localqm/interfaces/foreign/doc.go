// Package foreign has other people's clients call our interfaces: impacket and Samba's
// rpcclient. There are only tests in it.
package foreign
