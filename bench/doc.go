// Package bench measures the queue manager against the machine it runs on:
// durable sends beside a plain file that is appended to and synced by a group
// commit, pages deep in a large queue beside pages at its front, opening a large
// data folder beside a small one, messages between processes, management by other
// computers beside an echo over TCP. Only ratios of one run mean something.
package bench
