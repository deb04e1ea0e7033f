// Package home is the first screen: what needs attention, all computers at a
// glance, which queues grow, and what was done lately.
package home
