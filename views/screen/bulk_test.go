package screen_test

import (
	"context"
	"fmt"
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

func TestBulkCountsWhatWasReallyDone(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	node := fake.Sample()
	h := screentest.New(t, node)
	page, err := node.Messages(context.Background(), "orders.in", mgmtclient.Page{Limit: 120})
	if err != nil {
		t.Fatal(err)
	}
	var items []screen.Item
	for _, m := range page.Messages {
		items = append(items, screen.Item{ID: m.LookupID, Label: m.Label})
	}
	node.FailItem("Delete", items[70].ID, mq.ErrMessageNotFound)
	remover, _ := mgmtclient.Can[mgmtclient.Remover](node)
	var ended []screen.Item
	screen.Bulk{
		Title: "Deleting", Verb: "deleted", Items: items,
		What: func(n int64) string { return fmt.Sprintf("Deleted %d messages", n) },
		Do: func(ctx context.Context, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
			return remover.Delete(ctx, "orders.in", ids)
		},
		Then: func(items []screen.Item) { ended = items },
	}.Run(h)
	h.Idle(t)
	if len(h.Actions) != 1 || len(ended) != 120 {
		t.Fatalf("%d actions, %d items", len(h.Actions), len(ended))
	}
	a := h.Actions[0]
	if a.What != "Deleted 119 messages" || a.Result != "119 of 120" || a.Tone != kit.Warning || a.Details == nil {
		t.Errorf("%+v", a)
	}
	if ended[70].Err != "already taken by a reader" || ended[71].Err != "" || !ended[119].Done {
		t.Errorf("%+v %+v", ended[70], ended[71])
	}
	if node.Calls("Delete") != 3 {
		t.Errorf("asked %d times", node.Calls("Delete"))
	}
	a.Details()
	if len(h.Dialogs) != 1 {
		t.Error("no list of what failed")
	}
}

func TestABulkThatFailsSaysSo(t *testing.T) {
	h := screentest.New(t, fake.Sample())
	screen.Bulk{
		Verb: "moved", Items: make([]screen.Item, 60), What: func(n int64) string { return fmt.Sprint(n) },
		Do: func(context.Context, []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
			return nil, mq.ErrAccessDenied
		},
	}.Run(h)
	h.Idle(t)
	if len(h.Failed) != 1 || h.Actions[0].Tone != kit.Danger || h.Actions[0].Result != "0 of 60" {
		t.Errorf("%v %+v", h.Failed, h.Actions)
	}
}

func TestWhatWasSentAnewShowsBothIDs(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, fake.Sample())
	w := viewtest.Window(t, kit.Stack(0), fyne.NewSize(960, 600))
	h.Canvas = w.Canvas()
	screen.Bulk{
		Verb: "returned", Noun: "dead letter", Show: true, Items: []screen.Item{{ID: 7, Label: "Order 1", OldID: `{a}\1`}},
		What: func(int64) string { return "Returned 1 dead letter" },
		Do: func(context.Context, []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
			return []mgmtclient.ItemResult{{LookupID: 7, NewID: `{b}\9`}}, nil
		},
	}.Run(h)
	h.Idle(t)
	grids := screentest.Find[*kit.Grid](t, w.Canvas().Overlays().Top())
	if len(grids) != 1 || h.Dialog().Title() != "1 of 1 dead letter was returned" {
		t.Fatalf("%d lists, %q", len(grids), h.Dialog().Title())
	}
	if from, to := grids[0].VisibleRange(); from != 0 || to != 1 {
		t.Errorf("rows %d to %d are in sight", from, to)
	}
	row, _ := grids[0].Source().Row(0)
	if row.Cells[0].Text != "Order 1" || row.Cells[1].Text != `{a}\1` || row.Cells[2].Text != `{b}\9` {
		t.Errorf("got %+v", row.Cells)
	}
	if h.Actions[0].Details == nil {
		t.Error("the recent actions do not lead there")
	}
}
