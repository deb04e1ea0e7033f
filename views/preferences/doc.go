// Package preferences is the screen of what the user may choose: the look,
// what a new message begins with, and the queue manager of this computer.
// Changes wait until they are saved; risky ones say what follows from them.
package preferences
