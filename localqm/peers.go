package localqm

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

const (
	spacePeers = "peer" // by identifier: where a queue manager was met
	// mostPeers are remembered: anybody may call with an identifier made up.
	mostPeers     = 4_096
	peerAddresses = 4
	// metAgain is how much later a peer that was met at its last address again is
	// noted as such.
	metAgain = 24 * 60 * 60 // seconds
)

// peer is where another queue manager was met, the last place first. Without a
// directory nothing else tells where a PRIVATE= name leads.
type peer struct {
	Addresses []string `json:"addresses"`
	Seen      int64    `json:"seen"` // Unix seconds
}

// NextOrdinal is the identifier of the next message that leaves this machine
// without lying in a queue (MessageIdOrdinal, MS-MQQB 3.1.1.3).
func (m *QueueManager) NextOrdinal() uint32 { return m.store.NextOrdinal() }

// Known are the computer names and IP addresses that a queue manager was met at,
// the last first.
func (m *QueueManager) Known(id mq.GUID) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.peers[id].Addresses)
}

// Remember notes the name or address that a queue manager was met at, also for
// after a restart. It does not wait for the disk.
func (m *QueueManager) Remember(id mq.GUID, address string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.Now().Unix()
	p := m.peers[id]
	if m.usable("remember a queue manager") != nil ||
		len(p.Addresses) > 0 && p.Addresses[0] == address && now-p.Seen < metAgain {
		return
	}
	others := slices.DeleteFunc(slices.Clone(p.Addresses), func(a string) bool { return a == address })
	p = peer{Addresses: append([]string{address}, others[:min(len(others), peerAddresses-1)]...), Seen: now}
	raw, err := json.Marshal(p)
	if err != nil {
		return // strings always can
	}
	m.peers[id] = p
	ops := append(m.forgetPeers(), &store.PutState{Space: spacePeers, Key: id[:], Value: raw})
	m.store.Submit(&store.Step{Ops: ops, Done: func(s *store.Step) {
		if s.Err != nil {
			m.log.Warn("the address of a queue manager could not be kept", "id", id, "address", address, "error", s.Err)
		}
	}})
}

// forgetPeers forgets a tenth of the peers if there are too many: those not met
// for longest. Called with mu held.
func (m *QueueManager) forgetPeers() (ops []store.Op) {
	if len(m.peers) <= mostPeers {
		return nil
	}
	ids := make([]mq.GUID, 0, len(m.peers))
	for id := range m.peers {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b mq.GUID) int { return cmp.Compare(m.peers[a].Seen, m.peers[b].Seen) })
	for _, id := range ids[:mostPeers/10] {
		delete(m.peers, id)
		ops = append(ops, &store.DeleteState{Space: spacePeers, Key: id[:]})
	}
	return ops
}

func (m *QueueManager) loadPeers(ctx context.Context) error {
	m.peers = map[mq.GUID]peer{}
	return m.store.States(ctx, spacePeers, func(k, v []byte) error {
		var p peer
		if err := json.Unmarshal(v, &p); err != nil || len(k) != len(mq.GUID{}) {
			m.log.Warn("the address of a queue manager is damaged", "error", err)
			return nil
		}
		m.peers[mq.GUID(k)] = p
		return nil
	})
}
