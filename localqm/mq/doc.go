// Package mq is the vocabulary of Microsoft Message Queuing that every other
// package speaks: names of queues, messages and their properties, classes,
// status codes, rights and limits. It is a leaf: the standard library only.
//
// Source: MS-MQMQ (data structures) and MS-MQDMPR 3.1.1 (data model).
package mq
