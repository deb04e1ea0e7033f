package shell

import (
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// watchDirectory keeps the status bar true.
func (s *Shell) watchDirectory() {
	if s.o.Directory != nil {
		screen.WatchDirectory(s.scope, s.o.Directory, s.bar.update)
	}
}

// publicRow is the line of a computer's public queues; in workgroup mode it says why
// there may be none.
func publicRow(node string, o screen.Overview) kit.TreeRow {
	row := kit.TreeRow{
		ID: treeID(treePublic, node, ""), Depth: 1, Icon: "globe", Text: "Public Queues",
		Count: screen.Count(int64(len(o.Public))), Leaf: len(o.Public) == 0,
	}
	if said := screen.PublicLack(o.Machine.Directory); said != "" {
		row.Quiet, row.Tip = true, "Public Queues: "+said
		if len(o.Public) == 0 {
			row.Count = "–"
		}
	}
	return row
}

// directory tells how the directory is.
func (w words) directory() kit.State { return directoryState(w.s.o.Directory.Status()) }

func directoryState(st mgmtclient.DirectoryStatus) kit.State {
	switch {
	case !st.Configured:
		return kit.State{Icon: "directory", Color: theme.Muted, Word: "Directory: none chosen"}
	case st.Connected:
		word := "Directory: " + st.Controller
		if st.As != "" {
			word += " as " + st.As
		}
		return kit.State{Icon: "directory", Color: theme.Muted, Word: kit.Shorten(word)}
	case st.Why == "":
		return kit.State{Icon: "sync", Color: theme.Info, Word: "Directory: signing in…"}
	}
	return kit.State{Icon: "x-circle", Color: theme.Danger, Word: kit.Shorten("Directory: not reachable. " + screen.Sentence(st.Why))}
}
