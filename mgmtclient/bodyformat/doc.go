// Package bodyformat recognises what wrote the body of a message, from its
// body type, its first bytes and its extension.
package bodyformat
