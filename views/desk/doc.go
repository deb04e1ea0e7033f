// Package desk is the outbox of people who enter data where the line comes and
// goes: entries made with entry forms (package form), and for each entry one of
// five words: Saved, waiting for line; Sending; Delivered; Picked up; Needs
// attention.
//
// The words are told from the queues alone, every time anew: an entry lies in
// an outgoing queue, in its part of what was delivered, in the machine journal
// once it was picked up, or in a dead-letter queue. It is known by the marker
// in the extension of its message (form.Marker). Queues are read in the
// direction in which entries move, so that one under way is seen twice at
// worst, and then counts where it is further.
package desk
