// Package queueforms holds the dialogs about queues and chosen messages: new
// queue, properties, purge and delete; where to move or copy messages to; and
// the bulk actions with a result for every message.
//
// Every dialog asks the queue manager before it names what it will touch, leans
// to Cancel where something would be lost, and keeps what was typed when the
// queue manager says no.
package queueforms
