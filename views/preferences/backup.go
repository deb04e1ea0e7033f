package preferences

import (
	"context"
	"fmt"
	"strings"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/queueforms"
	"posthouse/views/screen"
)

// ExportAll asks for a file and writes everything to it.
func (p *Presenter) ExportAll() {
	if p.archive == nil || p.node.Client == nil {
		return
	}
	client, total := p.node.Client, p.machine.Messages
	p.host.SaveFile("Export all queues", strings.ToLower(p.node.Name)+".jsonl", func(path string) {
		p.host.Job(screen.Job{
			Icon: "export", Title: "Exporting all queues of " + p.node.Name, Total: total, Verb: "exported", Hint: "Cancel leaves no half-written file.",
			Run: func(j *screen.JobRun) error {
				return p.archive.Export(j.Context(), client, path, counted(j))
			},
			Then: func(pr screen.Progress, err error) {
				a := screen.Action{What: "Exported all queues of " + p.node.Name, Result: screen.Many(pr.OK, "message"), Tone: kit.Success}
				if err != nil {
					a.Tone, a.Result = kit.Danger, "Failed"
				}
				p.host.Done(a)
				if err != nil && !pr.Stopped {
					p.host.Fail("The queues were not exported", err)
				}
			},
		})
	})
}

// counted tells a job of a growing count.
func counted(j *screen.JobRun) func(int64) {
	var before int64
	return func(n int64) {
		j.Add(n-before, 0, "")
		before = n
	}
}

// Import asks for a file, says what is in it and how it meets what is here, and
// reads it.
func (p *Presenter) Import() {
	if p.archive == nil || p.node.Client == nil {
		return
	}
	p.host.OpenFile("Import queues and messages", func(path string) {
		queueforms.Ask(p.host, "Checking the file", func(ctx context.Context) (Contents, error) { return p.archive.Inspect(ctx, path) }, func(c Contents, err error) {
			if err != nil {
				p.host.Fail("Nothing was imported", err)
				return
			}
			p.host.Show(p.importQuestion(c, func(add bool) { p.load(path, c, add) }))
		})
	})
}

func (p *Presenter) importQuestion(c Contents, do func(add bool)) *kit.Dialog {
	return kit.Confirm{
		Title: "Import into " + p.node.Name + "?", Icon: "import", Do: "Import",
		Text: []kit.Run{{Text: "The file is whole. Queues that are not here yet are created with their messages, permissions included."}},
		Facts: []kit.Pair{
			{Key: "Written by", Value: c.Machine, Tail: c.Written},
			{Key: "Holds", Value: fmt.Sprintf("%s, %s, %s", screen.Many(int64(c.Queues), "queue"), screen.Many(c.Messages, "message"), screen.Size(c.Bytes))},
		},
		Check: "Add its messages to queues that are here already", OnDo: do,
	}.Dialog()
}

func (p *Presenter) load(path string, c Contents, add bool) {
	client := p.node.Client
	var done Imported
	p.host.Job(screen.Job{
		Icon: "import", Title: "Importing into " + p.node.Name, Total: c.Messages, Verb: "imported",
		Hint: "Cancel stops after this batch.\nWhat is imported stays.",
		Run: func(j *screen.JobRun) (err error) {
			done, err = p.archive.Import(j.Context(), client, path, add, counted(j))
			return err
		},
		Then: func(pr screen.Progress, err error) {
			p.host.Feed().Refresh(p.node.ID)
			a := screen.Action{What: "Imported into " + p.node.Name, Result: fmt.Sprintf("%s, %s", screen.Many(int64(done.Queues), "queue"), screen.Many(done.Messages, "message")), Tone: kit.Success}
			if err != nil || len(done.Warnings) > 0 || pr.Stopped {
				a.Tone = kit.Warning
			}
			p.host.Done(a)
			switch {
			case err != nil && !pr.Stopped:
				p.host.Fail(fmt.Sprintf("The import ended after %s", screen.Many(done.Messages, "message")), err)
			case len(done.Skipped)+len(done.Warnings) > 0:
				p.host.Show(importReport(done))
			}
		},
	})
}

// importReport says what an import left alone.
func importReport(d Imported) *kit.Dialog {
	var facts []kit.Pair
	for i, q := range d.Skipped {
		if i == 8 {
			facts = append(facts, kit.Pair{Key: "", Value: fmt.Sprintf("and %d more", len(d.Skipped)-8)})
			break
		}
		facts = append(facts, kit.Pair{Key: "Left alone", Value: screen.QueueName(q)})
	}
	for _, w := range d.Warnings {
		facts = append(facts, kit.Pair{Key: "Note", Value: screen.Sentence(w), Wrap: true})
	}
	body := kit.Stack(12,
		kit.NewParagraph(fmt.Sprintf("Created %s and took in %s.", screen.Many(int64(d.Queues), "queue"), screen.Many(d.Messages, "message"))),
		kit.NewKeyValue(112, facts...).Inset(0))
	dialog := kit.NewDialog("Imported, with remarks", "import", body).Wide(480)
	return dialog.Buttons(kit.NewButton("Close", "", dialog.Close))
}

// Check verifies the store and says what it found, here and in the status bar.
func (p *Presenter) Check(told func(mgmtclient.CheckResult, error)) {
	admin, ok := mgmtclient.Can[mgmtclient.MachineAdmin](p.node.Client)
	if !ok {
		return
	}
	var r mgmtclient.CheckResult
	p.host.Job(screen.Job{
		Icon: "check-circle", Title: "Checking the store of " + p.node.Name, Hint: "Cancel stops the check; nothing is changed by it.",
		Run: func(j *screen.JobRun) (err error) {
			r, err = admin.Check(j.Context())
			return err
		},
		Then: func(_ screen.Progress, err error) {
			a := screen.Action{What: "Checked the store of " + p.node.Name, Result: "Sound", Tone: kit.Success}
			switch {
			case err != nil:
				a.Result, a.Tone = "Failed", kit.Danger
			case len(r.Problems) > 0:
				a.Result, a.Tone = screen.Many(int64(len(r.Problems)), "problem"), kit.Danger
			}
			p.host.Done(a)
			told(r, err)
		},
	})
}

// Tidy gives unused storage back to the disk.
func (p *Presenter) Tidy(told func(mgmtclient.TidyResult, error)) {
	actions, ok := mgmtclient.Can[mgmtclient.MachineActions](p.node.Client)
	if !ok {
		return
	}
	var r mgmtclient.TidyResult
	p.host.Job(screen.Job{
		Icon: "disk", Title: "Giving back disk space of " + p.node.Name, Hint: "No message is touched.",
		Run: func(j *screen.JobRun) (err error) {
			r, err = actions.Tidy(j.Context())
			return err
		},
		Then: func(_ screen.Progress, err error) {
			a := screen.Action{What: "Tidied the store of " + p.node.Name, Result: screen.Size(max(0, r.BytesBefore-r.BytesAfter)) + " given back", Tone: kit.Success}
			if err != nil {
				a.Result, a.Tone = "Failed", kit.Danger
			}
			p.host.Done(a)
			told(r, err)
		},
	})
}
