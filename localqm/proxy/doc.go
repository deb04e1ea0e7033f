// Package proxy is a bad line for tests: it stands between two queue managers
// and drops, repeats, reorders, delays, slows and cuts what they say to each
// other, packet by packet (MS-MQQB 2.2), by rule and seed.
package proxy
