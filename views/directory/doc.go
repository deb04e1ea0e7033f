// Package directory is the Directory screen: the tree of the forest, a find over it,
// and one entry with all that is known of it, which can be changed in place. It holds
// the dialogs of the directory, too: which one is used and as whom, new entries,
// permissions.
//
// What is shown was read; what was changed is said only after the directory has said
// so. A refusal stands above the change it refused, which stays.
package directory
