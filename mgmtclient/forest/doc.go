// Package forest is the mgmtclient.Directory of a console: the forest that it has
// chosen, its objects in people's words, and the ways between its sites.
//
// The sign-in is in directory.json of the data folder, the password in the keyring.
// The connection is made when something is asked first, and again after it has
// broken.
package forest
