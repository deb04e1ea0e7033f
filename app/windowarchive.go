//go:build !headless

package app

import (
	"context"
	"errors"
	"io"
	"os"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/archive"
	"posthouse/views/preferences"
)

// archives are the export and import of the preferences.
var archives = &preferences.Archive{Export: exportAll, Inspect: inspectFile, Import: importFile}

// exportAll writes every queue with its journal, and the system's queues.
func exportAll(ctx context.Context, n mgmtclient.Node, path string, told func(int64)) error {
	op := "export to " + path
	var names []string
	for _, f := range []mgmtclient.QueueFilter{{Private: true}, {System: true}} {
		list, err := n.Queues(ctx, f)
		if err != nil {
			return explain(op, err)
		}
		for _, q := range list {
			if !q.Hidden {
				names = append(names, q.PathName)
			}
		}
	}
	return explain(op, replaceFile(path, func(w io.Writer) error {
		r, err := archive.Export(ctx, n, w, archive.ExportOptions{
			Queues: names, Journals: true, Progress: func(r archive.Report) { told(r.Messages) },
		})
		told(r.Messages)
		return err
	}))
}

// inspectFile checks a file whole.
func inspectFile(ctx context.Context, path string) (preferences.Contents, error) {
	f, err := os.Open(path)
	if err != nil {
		return preferences.Contents{}, explain("read "+path, err)
	}
	defer func() { _ = f.Close() }() // only read
	s, err := archive.Verify(ctx, f)
	if err != nil {
		return preferences.Contents{}, explain("read "+path, err)
	}
	c := preferences.Contents{Machine: s.Header.Machine, Written: s.Header.Time.Local().Format("2 Jan 2006 15:04"), Messages: s.Messages, Bytes: s.Bytes}
	for _, part := range s.Sections {
		if part.Definition {
			c.Queues++
		}
	}
	return c, nil
}

// importFile reads a file back; add puts its messages behind those of queues
// that exist, which are left alone otherwise.
func importFile(ctx context.Context, n mgmtclient.Node, path string, add bool, told func(int64)) (preferences.Imported, error) {
	f, err := os.Open(path)
	if err != nil {
		return preferences.Imported{}, explain("import "+path, err)
	}
	defer func() { _ = f.Close() }() // only read
	o := archive.ImportOptions{Existing: archive.Skip, Progress: func(r archive.Report) { told(r.Messages) }}
	if add {
		o.Existing = archive.Append
	}
	r, err := archive.Import(ctx, n, f, o)
	told(r.Messages)
	done := preferences.Imported{Queues: r.Queues, Messages: r.Messages, Skipped: r.Skipped, Warnings: r.Warnings}
	if r.Partial != "" && !errors.Is(err, context.Canceled) {
		done.Warnings = append(done.Warnings, "a part of the messages of "+r.Partial+" was taken in")
	}
	return done, explain("import "+path, err)
}
