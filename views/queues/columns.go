package queues

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// The keys of the columns of messages that code names.
const (
	colLabel  = "label"
	colLookup = "lookup"
	colClass  = "class"
	colHow    = "transfer"
)

// messageColumn is a column of messages: how it is painted and compared.
type messageColumn struct {
	kit.Column
	cell    func(m *mgmtclient.Message, now time.Time) kit.Cell
	compare func(a, b *mgmtclient.Message) int
}

// messageColumns are all columns there are, in the words of MSMQ's console.
var messageColumns = []messageColumn{
	{
		kit.Column{Key: "priority", Title: "Pri", Width: 44, Kind: kit.KindNumber},
		func(m *mgmtclient.Message, _ time.Time) kit.Cell {
			c := kit.Cell{Text: strconv.Itoa(m.Priority), Color: theme.Muted}
			if m.Priority > mq.DefaultPriority {
				c.Color, c.Strong = theme.Text, true
			}
			return c
		},
		by(func(m *mgmtclient.Message) int { return m.Priority }),
	},
	{
		kit.Column{Key: colLabel, Title: "Label", Kind: kit.KindText, Needed: true, Least: 160},
		func(m *mgmtclient.Message, _ time.Time) kit.Cell {
			icon, ink := messageIcon(m)
			c := kit.Cell{Text: screen.Label(m.Label), Icon: icon, Ink: ink}
			if strings.TrimSpace(m.Label) == "" {
				c.Color = theme.Muted
			}
			return c
		},
		by(func(m *mgmtclient.Message) string { return strings.ToLower(m.Label) }),
	},
	{
		kit.Column{Key: colClass, Title: "Reason", Width: 232, Kind: kit.KindText, Hidden: true},
		text(func(m *mgmtclient.Message) string { return m.ClassCode.Text() }),
		by(func(m *mgmtclient.Message) mq.Class { return m.ClassCode }),
	},
	{
		kit.Column{Key: colHow, Title: "On its way", Width: 112, Kind: kit.KindState, Hidden: true},
		func(m *mgmtclient.Message, _ time.Time) kit.Cell { return kit.Cell{State: transferStates[m.Transfer]} },
		by(func(m *mgmtclient.Message) mgmtclient.Transfer { return m.Transfer }),
	},
	times("sent", "Sent", false, func(m *mgmtclient.Message) time.Time { return m.SentTime }),
	{
		kit.Column{Key: "size", Title: "Size", Width: 84, Kind: kit.KindNumber},
		text(func(m *mgmtclient.Message) string { return screen.Size(int64(m.BodySize)) }),
		by(func(m *mgmtclient.Message) int { return m.BodySize }),
	},
	plain("source", "Source", 112, false, func(m *mgmtclient.Message) string { return m.SourceMachine }),
	{
		kit.Column{Key: colLookup, Title: "Lookup ID", Width: 152, Kind: kit.KindMono},
		text(func(m *mgmtclient.Message) string { return m.LookupID.String() }),
		by(func(m *mgmtclient.Message) mgmtclient.LookupID { return m.LookupID }),
	},
	times("arrived", "Arrived", true, func(m *mgmtclient.Message) time.Time { return m.ArrivedTime }),
	times("expires", "Expires", true, func(m *mgmtclient.Message) time.Time {
		if m.Expires == nil {
			return time.Time{}
		}
		return *m.Expires
	}),
	mono("id", "Message ID", func(m *mgmtclient.Message) string { return m.ID }),
	mono("correlation", "Correlation", func(m *mgmtclient.Message) string { return m.CorrelationID }),
	plain("delivery", "Delivery", 128, true, func(m *mgmtclient.Message) string {
		if m.Transactional {
			return "Transactional"
		}
		return screen.Title(m.Delivery)
	}),
	number("appSpecific", "Application", 96, func(m *mgmtclient.Message) int64 { return int64(m.AppSpecific) }),
	plain("format", "Format", 176, true, func(m *mgmtclient.Message) string { return m.Format }),
	mono("response", "Response queue", func(m *mgmtclient.Message) string { return m.ResponseQueue }),
	mono("admin", "Administration queue", func(m *mgmtclient.Message) string { return m.AdminQueue }),
	mono("destination", "Destination", func(m *mgmtclient.Message) string { return m.DestinationQueue }),
	mono("sender", "Sender", func(m *mgmtclient.Message) string { return m.SenderSID }),
	mono("transaction", "Transaction", func(m *mgmtclient.Message) string { return m.TransactionID }),
	number("aborts", "Aborts", 64, func(m *mgmtclient.Message) int64 { return int64(m.AbortCount) }),
	number("moves", "Moves", 64, func(m *mgmtclient.Message) int64 { return int64(m.MoveCount) }),
}

// transferStates are how far messages of outgoing queues have come.
var transferStates = map[mgmtclient.Transfer]kit.State{
	mgmtclient.TransferWaiting:   {Icon: "clock", Color: theme.Neutral, Word: "Waiting"},
	mgmtclient.TransferSending:   {Icon: "send", Color: theme.Info, Word: "Sending"},
	mgmtclient.TransferDelivered: {Icon: "check", Color: theme.Success, Word: "Delivered"},
}

// listKind is what sort of messages a grid lists; it is the key of its
// columns.
type listKind string

const (
	listMessages listKind = "messages"
	listDead     listKind = "deadMessages"     // with why they died
	listOutgoing listKind = "outgoingMessages" // with how far they have come
)

// gridColumns are the columns for a grid.
func gridColumns(kind listKind) []kit.Column {
	out := make([]kit.Column, len(messageColumns))
	for i, c := range messageColumns {
		out[i] = c.Column
		out[i].Sortable = true
		if c.Key == colClass && kind == listDead || c.Key == colHow && kind == listOutgoing {
			out[i].Hidden = false
		}
		if c.Key == "source" && kind == listOutgoing {
			out[i].Hidden = true // all come from here
		}
	}
	return out
}

// messageRow is what a grid paints of a message.
func messageRow(m *mgmtclient.Message, now time.Time) kit.RowData {
	d := kit.RowData{ID: kit.NumID(uint64(m.LookupID)), Cells: make([]kit.Cell, len(messageColumns))}
	for i := range messageColumns {
		d.Cells[i] = messageColumns[i].cell(m, now)
	}
	return d
}

// messageIcon tells ordinary messages, reports, dead letters and messages
// being read apart.
func messageIcon(m *mgmtclient.Message) (string, fyne.ThemeColorName) {
	switch {
	case m.Locked:
		return "lock", theme.Info
	case m.ClassCode.IsNack():
		return "dead-letter", theme.Warning
	case m.ClassCode.IsAck():
		return "check", theme.Success
	case m.ClassCode != mq.ClassNormal:
		return "ticket", theme.Muted
	}
	return "mail", theme.Muted
}

// compareBy is the order of a column.
func compareBy(key string) func(a, b *mgmtclient.Message) int {
	for i := range messageColumns {
		if messageColumns[i].Key == key {
			return messageColumns[i].compare
		}
	}
	return by(func(m *mgmtclient.Message) mgmtclient.LookupID { return m.LookupID })
}

func by[T cmp.Ordered](of func(*mgmtclient.Message) T) func(a, b *mgmtclient.Message) int {
	return func(a, b *mgmtclient.Message) int { return cmp.Compare(of(a), of(b)) }
}

func text(of func(*mgmtclient.Message) string) func(*mgmtclient.Message, time.Time) kit.Cell {
	return func(m *mgmtclient.Message, _ time.Time) kit.Cell { return kit.Cell{Text: of(m)} }
}

func plain(key, title string, width float32, hidden bool, of func(*mgmtclient.Message) string) messageColumn {
	return messageColumn{
		kit.Column{Key: key, Title: title, Width: width, Kind: kit.KindMuted, Hidden: hidden},
		text(of), by(func(m *mgmtclient.Message) string { return strings.ToLower(of(m)) }),
	}
}

func mono(key, title string, of func(*mgmtclient.Message) string) messageColumn {
	return messageColumn{
		kit.Column{Key: key, Title: title, Width: 232, Kind: kit.KindMono, Cut: kit.Middle, Hidden: true},
		text(of), by(of),
	}
}

func number(key, title string, width float32, of func(*mgmtclient.Message) int64) messageColumn {
	return messageColumn{
		kit.Column{Key: key, Title: title, Width: width, Kind: kit.KindNumber, Hidden: true},
		text(func(m *mgmtclient.Message) string { return screen.Count(of(m)) }), by(of),
	}
}

func times(key, title string, hidden bool, of func(*mgmtclient.Message) time.Time) messageColumn {
	return messageColumn{
		kit.Column{Key: key, Title: title, Width: 112, Kind: kit.KindText, Hidden: hidden},
		func(m *mgmtclient.Message, now time.Time) kit.Cell {
			return kit.Cell{Text: screen.MessageTime(of(m), now)}
		},
		func(a, b *mgmtclient.Message) int { return of(a).Compare(of(b)) },
	}
}
