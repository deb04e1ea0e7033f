// Package accounts is who may sign in to a queue manager over the network: names with
// the NT hashes of their passwords, and Kerberos principals without one, in one file of
// its data folder. A hash is as good as the password to whoever reads it, so the file
// is for its owner alone. The serving process and commands may change it at once.
package accounts
