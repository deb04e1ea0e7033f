package compose

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/screen"
)

// Units of a time limit, in seconds.
const (
	unitSeconds = "seconds"
	unitMinutes = "minutes"
	unitHours   = "hours"
	unitDays    = "days"
)

var unitSize = map[string]uint64{unitSeconds: 1, unitMinutes: 60, unitHours: 3600, unitDays: 86400}

// limit is a time limit as it is typed; an empty number is none.
type limit struct{ number, unit string }

// limitOf writes seconds in the largest unit that fits.
func limitOf(seconds *uint32) limit {
	if seconds == nil || *seconds == mq.Never {
		return limit{"", unitDays}
	}
	for _, u := range []string{unitDays, unitHours, unitMinutes} {
		if n := uint64(*seconds); n > 0 && n%unitSize[u] == 0 {
			return limit{strconv.FormatUint(n/unitSize[u], 10), u}
		}
	}
	return limit{strconv.FormatUint(uint64(*seconds), 10), unitSeconds}
}

// seconds is the limit; Never for none.
func (l limit) seconds() (uint32, error) {
	s := strings.TrimSpace(l.number)
	if s == "" {
		return mq.Never, nil
	}
	n, err := strconv.ParseUint(s, 10, 32)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is no whole number", s)
	case n*unitSize[l.unit] >= uint64(mq.Never):
		return 0, fmt.Errorf("that is more than a message can say: at most 49,710 days")
	}
	return uint32(n * unitSize[l.unit]), nil
}

// Acknowledgements one can ask for.
var acks = []struct {
	id, text string
	words    []string
}{
	{"none", "Nothing", nil},
	{"reached", "Reached or not", []string{"reached", "not-reached"}},
	{"received", "Read or not", []string{"received", "not-reached", "not-received"}},
	{"failed", "Only failures", []string{"not-reached", "not-received"}},
	{"all", "Reached and read", []string{"reached", "received", "not-reached", "not-received"}},
}

// ackOf is the choice for what a message asked for.
func ackOf(words []string) string {
	has := map[string]bool{}
	for _, w := range words {
		has[w] = true
	}
	switch {
	case has["reached"] && has["received"]:
		return "all"
	case has["received"]:
		return "received"
	case has["reached"]:
		return "reached"
	case len(words) > 0:
		return "failed"
	}
	return "none"
}

// draft is the message being written.
type draft struct {
	queue         string // as typed
	label         string
	transactional bool
	express       bool
	priority      int
	reach, read   limit
	deadLetter    bool
	journal       bool
	ack           string
	admin         string
	response      string
	correlation   string
	appSpecific   uint32
	extension     []byte
	extensionName string
	copies        int
	content       content
}

func newDraft(p *screen.Preferences) draft {
	reach := mq.DefaultTimeToReachQueue
	return draft{
		express: !screen.SendRecoverable.Get(p), priority: mq.DefaultPriority, reach: limitOf(&reach), read: limitOf(nil),
		deadLetter: screen.SendDeadLetter.Get(p), ack: "none", copies: 1, content: content{mode: modeText},
	}
}

// Fields that can be at fault.
const (
	fieldQueue       = "queue"
	fieldLabel       = "label"
	fieldReach       = "reach"
	fieldRead        = "read"
	fieldAdmin       = "admin"
	fieldResponse    = "response"
	fieldCorrelation = "correlation"
	fieldBody        = "body"
)

// faults are the fields that cannot be sent as they are, with the reason.
func (d *draft) faults() map[string]string {
	f := map[string]string{}
	note := func(field string, err error) {
		if err != nil {
			why, _, _ := screen.Reason(err)
			f[field] = strings.TrimSuffix(screen.Sentence(why), ".")
		}
	}
	if d.queue != "" {
		_, err := mq.ParseQueue(d.queue)
		note(fieldQueue, err)
	}
	if n := mq.LabelLength(d.label); n > mq.MaxLabel {
		f[fieldLabel] = fmt.Sprintf("%d characters too many", n-mq.MaxLabel)
	}
	_, err := d.reach.seconds()
	note(fieldReach, err)
	_, err = d.read.seconds()
	note(fieldRead, err)
	for field, name := range map[string]string{fieldAdmin: d.admin, fieldResponse: d.response} {
		if name != "" {
			_, err := mq.ParseQueue(name)
			note(field, err)
		}
	}
	if d.ack != "none" && d.admin == "" {
		f[fieldAdmin] = "Choose where to tell"
	}
	if !isCorrelation(d.correlation) {
		f[fieldCorrelation] = `Neither {guid}\number nor 40 hex digits`
	}
	if words, _, fault := d.content.judge(); fault {
		f[fieldBody] = words
	}
	return f
}

func isCorrelation(s string) bool {
	s = strings.TrimSpace(s)
	if s == "" {
		return true
	}
	if b, err := hex.DecodeString(s); err == nil && len(b) == 20 {
		return true
	}
	_, err := mq.ParseObjectID(s)
	return err == nil
}

// request is what is asked of the queue manager for so many copies.
func (d *draft) request(count int) (mgmtclient.SendRequest, error) {
	b, err := d.content.bytes()
	if err != nil {
		return mgmtclient.SendRequest{}, err
	}
	reach, err := d.reach.seconds()
	if err != nil {
		return mgmtclient.SendRequest{}, err
	}
	read, err := d.read.seconds()
	if err != nil {
		return mgmtclient.SendRequest{}, err
	}
	r := mgmtclient.SendRequest{
		Queue: strings.TrimSpace(d.queue), Label: d.label, Body: b, BodyType: d.content.bodyType, Extension: d.extension,
		Express: d.express && !d.transactional, Transactional: d.transactional, TTRQ: &reach, TTBR: &read,
		Journal: d.journal, DeadLetter: d.deadLetter, AdminQueue: strings.TrimSpace(d.admin), ResponseQueue: strings.TrimSpace(d.response),
		CorrelationID: strings.TrimSpace(d.correlation), AppSpecific: d.appSpecific, Count: count,
	}
	if !d.transactional {
		r.Priority = &d.priority
	}
	for _, a := range acks {
		if a.id == d.ack {
			r.Acknowledge = a.words
		}
	}
	return r, nil
}

// fill takes over a message that is to be sent again.
func (d *draft) fill(m *mgmtclient.Message, to string) {
	copies := d.copies
	*d = draft{
		queue: to, label: m.Label, transactional: m.Transactional, express: m.Delivery == "express", priority: m.Priority,
		reach: limitOf(m.TTRQ), read: limitOf(m.TTBR), deadLetter: m.DeadLetter, journal: m.Journal, ack: ackOf(m.Acknowledge),
		admin: m.AdminQueue, response: m.ResponseQueue, appSpecific: m.AppSpecific, extension: m.Extension, copies: max(1, copies),
	}
	if d.transactional {
		d.priority = mq.DefaultPriority
	}
	if strings.Trim(m.CorrelationID, `0-{}\`) != "" {
		d.correlation = m.CorrelationID
	}
	if len(m.Extension) > 0 {
		d.extensionName = screen.Size(int64(len(m.Extension))) + " of the original"
	}
	d.content.take(m.Body, m.BodyType, "the original")
}

// packetSize is about what a copy takes with its headers (MS-MQMQ 2.2.20).
func (d *draft) packetSize() int64 {
	b, err := d.content.bytes()
	if err != nil {
		return 0
	}
	const headers = 256
	return int64(headers + len(b) + len(d.extension) + 2*mq.LabelLength(d.label) + 2*len(d.queue) + 2*len(d.admin) + 2*len(d.response))
}
