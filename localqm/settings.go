package localqm

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/localqm/store"
)

// Settings are the persistent settings of the machine.
type Settings struct {
	Quota        uint32  `json:"quota"`        // KB in all queues; mq.Never: unlimited
	JournalQuota uint32  `json:"journalQuota"` // KB in the machine journal; mq.Never: unlimited
	Profile      Profile `json:"profile"`
	Offline      bool    `json:"offline"` // Take Offline, MS-MQDMPR 3.1.4.12
	Security     []byte  `json:"security"`

	// How messages travel.
	Hardened     bool      `json:"hardened"`     // HardenedSecurity, MS-MQDMPR 3.1.1.1
	Alias        bool      `json:"alias"`        // direct names that are not ours are taken for ours
	InsecureNack bool      `json:"insecureNack"` // SendInsecureNacks, MS-MQQB 3.1.1.3
	Ping         bool      `json:"ping"`         // ask before connecting, MS-MQQB 2.1.2
	PingAnswer   bool      `json:"pingAnswer"`   // answer who asks
	Resend       [4]uint32 `json:"resend"`       // ResendTimeoutsShort, Medium, Long, Final in seconds
}

// Profile is how new queues are guarded.
type Profile string

// The profiles (docs/deviations.md tells why strict is the default).
const (
	Strict Profile = "strict" // the creator everything, others what is granted
	Compat Profile = "compat" // MS-MQDMPR 3.1.7.1.3.1
)

// Protocol state of the machine.
const (
	spaceMachine  = "machine"
	spaceOutcomes = "outcome" // of prepared transactions, by id
)

var settingsKey = []byte("settings")

func (m *QueueManager) loadSettings(ctx context.Context) error {
	m.settings = Settings{Quota: mq.Never, JournalQuota: mq.Never, Profile: Strict}
	raw, err := m.store.State(ctx, spaceMachine, settingsKey)
	if err != nil {
		return err
	}
	if raw != nil {
		if err := json.Unmarshal(raw, &m.settings); err != nil {
			return fmt.Errorf("the machine's settings are damaged: %w", err)
		}
	}
	if len(m.settings.Security) == 0 {
		m.settings.Security = secure.Machine(m.owner).Append(nil)
	}
	m.guard = m.guarded(m.settings.Security)
	m.hardened = m.settings.Hardened
	raw, err = m.store.State(ctx, spaceMachine, sequencesKey)
	if err == nil {
		err = m.beginSequences(raw)
	}
	return err
}

// Settings are those in force: hardened mode ends with a restart.
func (m *QueueManager) Settings() Settings {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.settings
	s.Hardened = m.hardened
	s.Security = nil
	return s
}

// SetMachine changes settings of the machine through change. Its permissions
// are changed by SetMachineSecurity alone.
func (m *QueueManager) SetMachine(ctx context.Context, c Caller, change func(*Settings) error) error {
	const op = "change the machine"
	m.config.Lock()
	defer m.config.Unlock()
	m.mu.Lock()
	next, err := m.settings, m.usable(op)
	if err == nil {
		err = m.allowMachine(op, c, mq.RightSetMachineProperties)
	}
	m.mu.Unlock()
	if err != nil {
		return err
	}
	guard := next.Security
	next.Security = nil
	if err := change(&next); err != nil {
		return err
	}
	next.Security = guard
	if next.Profile != Strict && next.Profile != Compat {
		return mq.Errorf(mq.ErrIllegalPropertyValue, op, "%q is no security profile", next.Profile).
			WithFix("use strict or compat")
	}
	return m.saveSettings(ctx, op, next)
}

func (m *QueueManager) saveSettings(ctx context.Context, op string, next Settings) error {
	raw, err := json.Marshal(next)
	if err != nil {
		return err
	}
	return m.commit(ctx, op, []store.Op{&store.PutState{Space: spaceMachine, Key: settingsKey, Value: raw}}, func() {
		m.settings, m.guard = next, m.guarded(next.Security)
		m.hardened = m.hardened || next.Hardened
		if m.carrier != nil {
			m.carrier.Changed(nil)
		}
		m.hub.tell(Event{Kind: MachineChanged})
	})
}

// The system queues: their names in the catalogue and the suffix of their
// path names (MS-MQMQ 2.1.1, MS-MQDMPR 3.1.1.1).
var systemQueues = []struct {
	name   string
	suffix mq.Suffix
	label  string
	xact   bool
}{
	{"journal", mq.SuffixJournal, "Journal messages", false},
	{"deadletter", mq.SuffixDeadLetter, "Dead-letter messages", false},
	{"deadxact", mq.SuffixDeadXact, "Transactional dead-letter messages", true},
}

// internalQueues are private queues that the protocols need; they are hidden.
// Numbers 1 to 15 are kept for queues of this kind.
var internalQueues = []struct {
	name   string
	number uint32
}{
	{"notify_queue$", notifyQueueNumber},
	{"order_queue$", 4}, // MS-MQQB 2.2.4
}

const firstPrivateNumber = 16

func systemSuffix(name string) mq.Suffix {
	for _, s := range systemQueues {
		if s.name == name {
			return s.suffix
		}
	}
	return mq.SuffixNone
}

// hidden reports an internal queue.
func hidden(info store.Queue) bool {
	return info.Kind == store.Private && strings.HasSuffix(info.Name, "$")
}

// ensureSystemQueues makes what is missing in a new store, and gives internal queues
// of an older one their number of today, in one step.
func (m *QueueManager) ensureSystemQueues(ctx context.Context) error {
	now := m.clock.Now().Unix()
	guard := secure.Strict(m.owner).Append(nil)
	var ops []store.Op
	create := func(q store.Queue) error {
		slot, err := m.store.NewSlot()
		if err != nil {
			return err
		}
		q.Slot, q.Created, q.Modified, q.Security = slot, now, now, guard
		q.Quota, q.JournalQuota, q.ID = mq.Never, mq.Never, mq.NewGUID()
		ops = append(ops, &store.CreateQueue{Queue: q})
		return nil
	}
	for _, s := range systemQueues {
		if m.queues[key(store.System, s.name)] == nil {
			if err := create(store.Queue{Kind: store.System, Name: s.name, Label: s.label, Transactional: s.xact}); err != nil {
				return err
			}
		}
	}
	for _, s := range internalQueues {
		switch q := m.queues[key(store.Private, s.name)]; {
		case q == nil:
			if err := create(store.Queue{Kind: store.Private, Name: s.name, Number: s.number}); err != nil {
				return err
			}
		case q.info.Number != s.number:
			next := q.info
			next.Number = s.number
			ops = append(ops, &store.UpdateQueue{Queue: next})
		}
	}
	if len(ops) == 0 {
		return nil
	}
	return m.commit(ctx, "create the system queues", ops, nil)
}

// system returns one of the system queues. Called with mu held.
func (m *QueueManager) system(suffix mq.Suffix) *queue {
	for _, s := range systemQueues {
		if s.suffix == suffix {
			return m.queues[key(store.System, s.name)]
		}
	}
	return nil
}
