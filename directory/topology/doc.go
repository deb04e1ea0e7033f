// Package topology computes the ways that messages take through a forest: sites,
// routing links and site gates make a routing table, next hops and paths (MS-MQBR
// 3.1). It is pure: it asks nobody and never changes.
//
// What it says beyond MS-MQBR is in docs/deviations.md. The rule that keeps messages
// from going round in circles: let d be the cost from a site to the destination. A
// routing server hands a message to another site only if that site's d is smaller
// than its own, so that d falls with every link that is crossed, whichever links and
// gates fail meanwhile and whatever each router knows of that; no site is entered
// twice. Table.Detours lists the exception, for the first site alone.
package topology
