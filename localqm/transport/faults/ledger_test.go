package faults

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"posthouse/localqm/mq"
)

// answer is what is known of something: whether it happened.
type answer uint8

const (
	no answer = iota
	maybe
	sure
)

// entry is an operation of a ledger.
type entry struct {
	words []string
	state answer
}

// readLedger reads what a client process wrote, in its order.
func readLedger(t testing.TB, file string) (all []*entry) {
	t.Helper()
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return nil // killed before it began
	}
	ok(t, err)
	byOp := map[string]*entry{}
	for line := range strings.Lines(string(text)) {
		w := strings.Fields(line)
		switch e := byOp[w[1]]; w[0] {
		case "try":
			e = &entry{words: w[2:], state: maybe}
			byOp[w[1]] = e
			all = append(all, e)
		case "ok":
			e.state = sure
		case "no":
			e.state = no
		}
	}
	return all
}

// parcel is a message that was sent.
type parcel struct {
	label, queue, wishes string
	from                 int // side
	sender               string
	number               int // of its sender
	state                answer
	group                *group
}

func (p *parcel) wants(wish string) bool { return strings.Contains(p.wishes, wish) }

// group is a transaction: all of it happened or nothing.
type group struct{ parcels []*parcel }

// receipt is a message that somebody received, or began to.
type receipt struct {
	label   string
	life    int
	state   answer
	ordinal uint32
	stream  uint64
	number  uint32
}

// sent reads a word LABEL@QUEUE@WISHES.
func sent(t testing.TB, from int, word string, state answer) *parcel {
	t.Helper()
	w := strings.Split(word, "@")
	dot := strings.LastIndexByte(w[0], '.')
	n, err := strconv.Atoi(w[0][dot+1:])
	ok(t, err)
	return &parcel{label: w[0], queue: w[1], wishes: w[2], from: from, sender: w[0][:dot], number: n, state: state}
}

// received reads the words of a receipt.
func received(t testing.TB, life int, e *entry) receipt {
	t.Helper()
	number := func(s string, bits int) uint64 {
		n, err := strconv.ParseUint(s, 10, bits)
		ok(t, err)
		return n
	}
	w := e.words[2:]
	return receipt{
		label: w[0], life: life, state: e.state,
		ordinal: uint32(number(w[1], 32)), stream: number(w[2], 64), number: uint32(number(w[3], 32)),
	}
}

// receiptOf is that of a message that is in hand.
func receiptOf(m *mq.Message, life int) receipt {
	return receipt{label: m.Label, life: life, state: sure, ordinal: m.ID.Ordinal, stream: m.Sequence, number: m.SequenceNumber}
}
