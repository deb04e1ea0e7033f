// Package row turns messages of the queue manager into rows of the contract,
// and what a sender asks for into messages.
package row
