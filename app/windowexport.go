//go:build !headless

package app

import (
	"context"
	"io"
	"slices"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/archive"
)

// exportMessages writes a queue, or chosen messages of it, as export does.
func exportMessages(ctx context.Context, n mgmtclient.Node, to io.Writer, queue string, ids []mgmtclient.LookupID, told func(int64)) error {
	records, err := can[mgmtclient.Exporter](n)
	if err != nil {
		return explain("export "+queue, err)
	}
	if len(ids) > 0 {
		ids = slices.Clone(ids)
		slices.Sort(ids)
		n = &chosen{Node: n, from: records, ids: ids}
	}
	r, err := archive.Export(ctx, n, to, archive.ExportOptions{
		Queues: []string{queue}, Progress: func(r archive.Report) { told(r.Messages) },
	})
	told(r.Messages)
	return explain("export "+queue, err)
}

// chosen is a node whose queue holds only some messages: what an export of
// these reads.
type chosen struct {
	mgmtclient.Node
	from mgmtclient.Exporter
	ids  []mgmtclient.LookupID // ascending
}

// Queue leaves out the subqueues: the messages are of the queue itself.
func (c *chosen) Queue(ctx context.Context, queue string) (mgmtclient.Queue, error) {
	q, err := c.Node.Queue(ctx, queue)
	q.Subqueues = nil
	return q, err
}

// Records reads the chosen messages one by one; those that went meanwhile are
// left out.
func (c *chosen) Records(ctx context.Context, queue string, after mgmtclient.LookupID, limit int) ([]mgmtclient.Record, error) {
	var out []mgmtclient.Record
	size := 0
	i, _ := slices.BinarySearch(c.ids, after+1)
	for _, id := range c.ids[i:] {
		if len(out) >= limit || size >= mgmtclient.PageBytes {
			break
		}
		one, err := c.from.Records(ctx, queue, id-1, 1)
		if err != nil {
			return nil, err
		}
		if len(one) == 1 && one[0].LookupID == id {
			out = append(out, one[0])
			size += len(one[0].Packet)
		}
	}
	return out, nil
}
