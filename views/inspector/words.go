package inspector

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// The tabs, as the pages of MSMQ's own console.
const (
	General   = "General"
	Queues    = "Queues"
	Sender    = "Sender"
	Tracking  = "Tracking"
	Extension = "Extension"
)

// Tabs lists them in order.
var Tabs = []string{General, Queues, Sender, Tracking, Extension}

// Pairs are the properties of a message on a tab, in plain words. now has the
// zone in which times are shown.
func Pairs(tab string, m *mgmtclient.Message, now time.Time) []kit.Pair {
	switch tab {
	case Queues:
		return queues(m)
	case Sender:
		return sender(m)
	case Tracking:
		return tracking(m, now)
	case Extension:
		return extension(m)
	}
	return general(m, now)
}

func general(m *mgmtclient.Message, now time.Time) []kit.Pair {
	return []kit.Pair{
		class(m),
		id("Message ID", m.ID),
		{Key: "Sent", Value: screen.FullTime(m.SentTime, now)},
		arrived(m, now),
		expires(m, now),
		{Key: "Delivery", Value: delivery(m)},
		{Key: "Priority", Value: strconv.Itoa(m.Priority), Tail: priorityNote(m)},
		id("Correlation", m.CorrelationID),
		queue("Response queue", m.ResponseQueue),
		{Key: "Attempts", Value: screen.Many(int64(m.AbortCount), "abort") + ", " + screen.Many(int64(m.MoveCount), "move")},
		{Key: "Application", Value: strconv.FormatUint(uint64(m.AppSpecific), 10), Tail: appHex(m.AppSpecific)},
		{Key: "Lookup ID", Value: m.LookupID.String(), Mono: true},
		{Key: "Size", Value: screen.Size(int64(m.BodySize)) + " of body", Tail: screen.Size(m.Size) + " in all"},
		{Key: "Body type", Value: bodyType(m.BodyType)},
		{Key: "State", Value: state(m)},
	}
}

func class(m *mgmtclient.Message) kit.Pair {
	switch {
	case m.ClassCode == mq.ClassNormal:
		return kit.Pair{Key: "Class", Value: "Normal message"}
	case m.ClassCode.IsNack():
		return kit.Pair{
			Key: "Class", Value: m.ClassCode.Text(), Tail: m.ClassCode.Reason(), Color: theme.Warning,
			Icon: "dead-letter", Copy: m.ClassCode.String(),
		}
	}
	return kit.Pair{Key: "Class", Value: m.ClassCode.Text(), Tail: m.ClassCode.Name(), Copy: m.ClassCode.String()}
}

func none(key string) kit.Pair { return kit.Pair{Key: key, Value: "None", Color: theme.Muted} }

func id(key, value string) kit.Pair {
	if value == "" || strings.Trim(value, "0-{}\\") == "" {
		return none(key)
	}
	return kit.Pair{Key: key, Value: value, Mono: true}
}

// queue shows a format name as a path name where it says the same.
func queue(key, format string) kit.Pair {
	if format == "" {
		return none(key)
	}
	path, direct := strings.CutPrefix(format, "DIRECT=OS:")
	return kit.Pair{Key: key, Value: path, Copy: format, Mono: !direct}
}

func arrived(m *mgmtclient.Message, now time.Time) kit.Pair {
	p := kit.Pair{Key: "Arrived", Value: screen.FullTime(m.ArrivedTime, now)}
	switch d := m.ArrivedTime.Sub(m.SentTime); {
	case m.ArrivedTime.IsZero():
	case d >= time.Second:
		p.Tail = screen.Duration(d) + " later"
	case d <= -time.Second:
		p.Tail = "the clocks differ by " + screen.Duration(d)
	default:
		p.Tail = "at once"
	}
	return p
}

func expires(m *mgmtclient.Message, now time.Time) kit.Pair {
	if m.Expires == nil {
		return kit.Pair{Key: "Expires", Value: "Never", Color: theme.Muted}
	}
	p := kit.Pair{Key: "Expires", Value: m.Expires.In(now.Location()).Format("2 Jan 2006 15:04")}
	if d := m.Expires.Sub(now); d > 0 {
		p.Tail = "in " + screen.Duration(d)
	} else {
		p.Tail, p.Color = screen.Duration(d)+" ago", theme.Warning
	}
	return p
}

func delivery(m *mgmtclient.Message) string {
	s := screen.Title(m.Delivery)
	if m.Transactional {
		s += ", transactional"
	}
	return s
}

func priorityNote(m *mgmtclient.Message) string {
	switch {
	case m.Transactional:
		return "always 0 in a transaction"
	case m.Priority > mq.DefaultPriority:
		return "higher than usual"
	case m.Priority < mq.DefaultPriority:
		return "lower than usual"
	}
	return ""
}

func appHex(v uint32) string {
	if v < 10 {
		return ""
	}
	return fmt.Sprintf("0x%08X", v)
}

func state(m *mgmtclient.Message) string {
	if m.Locked {
		return "Being read, or held by a transaction"
	}
	return "Waits in the queue"
}

// bodyTypes are the VT_ values that PROPID_M_BODY_TYPE takes.
var bodyTypes = map[uint32]string{
	0: "None", 2: "Integer, 16 bits", 3: "Integer, 32 bits", 4: "Real, 32 bits", 5: "Real, 64 bits", 6: "Currency",
	7: "Date", 8: "Text", 11: "Boolean", 17: "Byte", 18: "Unsigned, 16 bits", 19: "Unsigned, 32 bits",
	20: "Integer, 64 bits", 21: "Unsigned, 64 bits", 30: "Text, ANSI", 31: "Text, Unicode", 68: "Object",
	69: "Object, stored", 72: "GUID", 0x300: ".NET binary", 0x1011: "Bytes", 0x2011: "Bytes",
}

func bodyType(t uint32) string {
	if w, ok := bodyTypes[t]; ok {
		return fmt.Sprintf("%s (%d)", w, t)
	}
	return fmt.Sprintf("%d (0x%X)", t, t)
}

func queues(m *mgmtclient.Message) []kit.Pair {
	pairs := []kit.Pair{
		queue("Destination", m.DestinationQueue),
		queue("Response", m.ResponseQueue),
		queue("Administration", m.AdminQueue),
	}
	switch {
	case m.DeadLetterQueue != "":
		pairs = append(pairs, queue("Dead letters", m.DeadLetterQueue))
	case m.DeadLetter:
		pairs = append(pairs, kit.Pair{Key: "Dead letters", Value: "Dead-letter queue of the sender"})
	default:
		pairs = append(pairs, kit.Pair{Key: "Dead letters", Value: "Not kept if it fails", Color: theme.Muted})
	}
	return pairs
}

func sender(m *mgmtclient.Message) []kit.Pair {
	account := none("Account")
	if m.SenderSID != "" {
		account = kit.Pair{Key: "Account", Value: m.SenderSID, Mono: true}
	}
	signed, sealed := "No", "No"
	if m.Authenticated {
		signed = "Yes, the signature was checked"
	}
	if m.Encrypted {
		sealed = "Yes"
	}
	privacy := screen.Title(m.PrivacyLevel)
	if privacy == "" {
		privacy = "None"
	}
	return []kit.Pair{
		{Key: "Computer", Value: m.SourceMachine},
		account,
		{Key: "Authenticated", Value: signed},
		{Key: "Encrypted", Value: sealed},
		{Key: "Privacy", Value: privacy},
	}
}

// ackWords are the acknowledgements a sender may ask for, in plain words.
var ackWords = map[string]string{
	"reached": "arrived", "received": "was read", "not-reached": "did not arrive", "not-received": "was not read",
}

func tracking(m *mgmtclient.Message, now time.Time) []kit.Pair {
	ack := kit.Pair{Key: "Tell the sender", Value: "Nothing", Color: theme.Muted}
	if len(m.Acknowledge) > 0 {
		var words []string
		for _, a := range m.Acknowledge {
			w := ackWords[a]
			if w == "" {
				w = a
			}
			words = append(words, w)
		}
		ack = kit.Pair{Key: "Tell the sender", Value: "If it " + strings.Join(words, ", "), Wrap: true}
	}
	journal := kit.Pair{Key: "Sender’s copy", Value: "None", Color: theme.Muted}
	if m.Journal {
		journal = kit.Pair{Key: "Sender’s copy", Value: "In the sender’s journal"}
	}
	trace := kit.Pair{Key: "Route", Value: "Not tracked", Color: theme.Muted}
	if m.Trace {
		trace = kit.Pair{Key: "Route", Value: "Tracked: reports are sent on the way"}
	}
	moved := kit.Pair{Key: "Last move", Value: "Never", Color: theme.Muted}
	if m.LastMoveTime != nil {
		moved = kit.Pair{Key: "Last move", Value: screen.FullTime(*m.LastMoveTime, now)}
	}
	pairs := []kit.Pair{
		ack,
		queue("Told in", m.AdminQueue),
		limit("Reach within", m.TTRQ),
		limit("Be read within", m.TTBR),
		journal,
		trace,
		id("Transaction", m.TransactionID),
	}
	if m.Transactional {
		pairs = append(pairs, kit.Pair{Key: "In transaction", Value: place(m)})
	}
	return append(pairs, moved)
}

func limit(key string, seconds *uint32) kit.Pair {
	if seconds == nil {
		return kit.Pair{Key: key, Value: "No limit", Color: theme.Muted}
	}
	return kit.Pair{Key: key, Value: screen.Duration(time.Duration(*seconds) * time.Second), Tail: "from sending"}
}

func place(m *mgmtclient.Message) string {
	switch {
	case m.FirstInTransaction && m.LastInTransaction:
		return "The only message"
	case m.FirstInTransaction:
		return "The first message"
	case m.LastInTransaction:
		return "The last message"
	}
	return "Between the first and the last"
}

// extensionShown is how much of an extension the tab shows.
const extensionShown = 2048

func extension(m *mgmtclient.Message) []kit.Pair {
	if len(m.Extension) == 0 {
		return []kit.Pair{none("Extension")}
	}
	x := m.Extension[:min(len(m.Extension), extensionShown)]
	pairs := []kit.Pair{{Key: "Size", Value: screen.Size(int64(len(m.Extension)))}}
	text := strings.TrimRight(string(x), "\x00")
	if utf8.ValidString(text) && !slices.ContainsFunc([]rune(text), func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' }) {
		return append(pairs, kit.Pair{Key: "Text", Value: text, Mono: true, Wrap: true})
	}
	var rows []string
	for part := range slices.Chunk(x, 8) {
		rows = append(rows, hex.EncodeToString(part))
	}
	return append(pairs, kit.Pair{Key: "Bytes", Value: strings.Join(rows, " "), Mono: true, Wrap: true, Copy: hex.EncodeToString(m.Extension)})
}
