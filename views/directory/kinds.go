package directory

import (
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// kind is how a sort of entry is called and shown.
type kind struct {
	icon string
	one  string // Public queue
	name string // as the object of a sentence: "this queue"
}

var kinds = map[mgmtclient.EntryKind]kind{
	mgmtclient.EntryForest:   {"directory", "Forest", "the forest"},
	mgmtclient.EntrySite:     {"pin-map", "Site", "this site"},
	mgmtclient.EntryMachine:  {"server", "Queue manager", "this queue manager"},
	mgmtclient.EntryQueue:    {"globe", "Public queue", "this queue"},
	mgmtclient.EntryList:     {"users", "Distribution list", "this list"},
	mgmtclient.EntryAlias:    {"signpost", "Queue alias", "this alias"},
	mgmtclient.EntryLink:     {"link", "Routing link", "this link"},
	mgmtclient.EntryUser:     {"user", "User", "this user"},
	mgmtclient.EntryServer:   {"settings", "Server role", "this role"},
	mgmtclient.EntryComputer: {"computer", "Computer", "this computer"},
}

func kindOf(k mgmtclient.EntryKind) kind {
	if x, ok := kinds[k]; ok {
		return x
	}
	return kind{"question", screen.Title(string(k)), "this entry"}
}

// typeOf is what an entry is, in words: foreign ones are named so.
func typeOf(e *mgmtclient.Entry) string {
	switch {
	case e.Machine != nil && e.Machine.Foreign:
		return "Foreign computer"
	case e.Site != nil && e.Site.Foreign:
		return "Foreign site"
	}
	return kindOf(e.Kind).one
}

func iconOf(e *mgmtclient.Entry) string { return kindOf(e.Kind).icon }

// anyKind is the choice of the type filter that leaves nothing out.
const anyKind = "any"

// typeChoices are those of the type filter.
func typeChoices() []kit.Choice {
	list := []kit.Choice{{ID: anyKind, Text: "Any type"}}
	for _, k := range []mgmtclient.EntryKind{
		mgmtclient.EntryQueue, mgmtclient.EntryMachine, mgmtclient.EntryList, mgmtclient.EntryAlias,
		mgmtclient.EntrySite, mgmtclient.EntryLink, mgmtclient.EntryUser, mgmtclient.EntryComputer,
	} {
		list = append(list, kit.Choice{ID: string(k), Text: kindOf(k).one})
	}
	return list
}

// whereOf is where an entry belongs, as far as it was told.
func whereOf(e *mgmtclient.Entry) string {
	switch {
	case e.Where != "":
		return e.Where
	case e.Queue != nil:
		return e.Queue.Machine.Name
	case e.Machine != nil && len(e.Machine.Sites) > 0:
		return strings.Join(names(e.Machine.Sites), ", ")
	case e.List != nil:
		return screen.Many(int64(len(e.List.Members)), "member")
	case e.Site != nil:
		return screen.Many(int64(e.Site.Machines), "computer")
	}
	return ""
}

func names(refs []mgmtclient.EntryRef) []string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = r.Name
	}
	return out
}

func ids(refs []mgmtclient.EntryRef) []mq.GUID {
	out := make([]mq.GUID, len(refs))
	for i, r := range refs {
		out[i] = r.ID
	}
	return out
}

func sameRefs(a, b []mgmtclient.EntryRef) bool { return slices.Equal(ids(a), ids(b)) }

// refOf names an entry in another.
func refOf(e *mgmtclient.Entry) mgmtclient.EntryRef {
	return mgmtclient.EntryRef{ID: e.ID, Name: e.Name, Kind: e.Kind}
}
