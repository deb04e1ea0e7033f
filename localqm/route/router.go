package route

import (
	"context"

	"posthouse/localqm/mq"
)

// Router says where messages with PUBLIC= and PRIVATE= names go next: MS-MQBR on the
// directory of a forest. Direct names are never routed.
type Router interface {
	// Next lists the next hops for a destination from the best on: those of equal Rank
	// are as good as each other, a later one is for when all of an earlier Rank fail.
	// It may wait for the directory. The error tells a person why there is no way.
	Next(ctx context.Context, to mq.FormatName) ([]Hop, error)
	// Changed is told, at once and without waiting, when ways may lead elsewhere.
	// The returned function ends that.
	Watch(changed func()) (stop func())
}

// Hop is a queue manager that messages may be given to.
type Hop struct {
	ID    mq.GUID
	Name  string   // of the computer, for people
	Hosts []string // names and addresses to look up, in turn; where it was met counts only if none of them is found
	Rank  int      // 0: the way that costs least
	// Detour: it is no nearer to the destination, and only for messages that have not
	// left our sites yet. Detours come after all others, as their Rank does.
	Detour bool
	Why    string // "destination", "in-routing server of SHOP01", "gate of Odense, 7 to Oslo" ...
}
