// Package rpc is connection-oriented DCE/RPC over TCP (C706, MS-RPCE): a server, a
// client, context handles and faults, under the stubs that go-msrpc generates. PDUs,
// NDR and security are packages below it, the same for both sides; so is the
// endpoint mapper.
package rpc
