package desk

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"posthouse/localqm/mq"
	"posthouse/views/screen"
)

// draft is an entry that is being written.
type draft struct {
	Typed map[string]string `json:"typed"`
	At    time.Time         `json:"at"`
	// Reference is kept when an entry is changed that had one.
	Reference string `json:"reference,omitempty"`
	// Attempt is the marker of a message that was handed over without an
	// answer: if it is in the queues, the entry was saved.
	Attempt string `json:"attempt,omitempty"`
	// TakenBack is the message this was: if it is still in the queues, it was
	// not taken back.
	TakenBack string `json:"takenBack,omitempty"`
}

func (d draft) blank() bool {
	for _, s := range d.Typed {
		if s != "" && s != "false" {
			return false
		}
	}
	return d.Reference == "" && d.Attempt == ""
}

// kept is what a desk keeps beside the queues: drafts and running numbers, in
// one file that is replaced as a whole.
type kept struct {
	file string

	mu     sync.Mutex
	state  state
	loaded bool
	turns  int               // given so far
	last   map[string]int    // turn of the draft kept, by form
	staged map[string]staged // drafts on their way to the disk, by form
}

// staged is a draft that counts although it is not on the disk yet.
type staged struct {
	draft
	turn int
}

type state struct {
	Drafts  map[string]draft `json:"drafts"`  // by form
	Numbers map[string]int   `json:"numbers"` // the last one, by form
}

func newKept(folder string) *kept {
	return &kept{file: filepath.Join(folder, "desk.json"), last: map[string]int{}, staged: map[string]staged{}}
}

// load reads the file, once.
func (k *kept) load() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.read()
}

func (k *kept) read() error {
	if k.loaded {
		return nil
	}
	k.state = state{Drafts: map[string]draft{}, Numbers: map[string]int{}}
	data, err := os.ReadFile(k.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return k.failed("read", err)
	case json.Unmarshal(data, &k.state) != nil:
		// Kept for whoever wants to look; a desk must go on.
		_ = os.Rename(k.file, k.file+".damaged")
		k.state = state{}
	}
	if k.state.Drafts == nil {
		k.state.Drafts = map[string]draft{}
	}
	if k.state.Numbers == nil {
		k.state.Numbers = map[string]int{}
	}
	k.loaded = true
	return nil
}

func (k *kept) failed(verb string, err error) error {
	return mq.Errorf(mq.ErrGeneric, verb+" "+k.file, "%w", err).WithFix("see that the folder is there, may be written to, and the disk is not full")
}

// drafts are those that count now.
func (k *kept) drafts() map[string]draft {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := map[string]draft{}
	maps.Copy(all, k.state.Drafts)
	for form, s := range k.staged {
		all[form] = s.draft
		if s.blank() {
			delete(all, form)
		}
	}
	return all
}

// stage lets a draft count at once; put writes it.
func (k *kept) stage(form string, d draft) (turn int) {
	turn = k.turn()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.staged[form] = staged{d, turn}
	return turn
}

// turn gives the order of what is to be put: the older of two drafts never
// replaces the newer, whichever is written first.
func (k *kept) turn() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.turns++
	return k.turns
}

// put keeps a draft, or forgets one that is blank. It returns when that is on
// the disk.
func (k *kept) put(form string, d draft, turn int) error {
	err := k.change(func(s *state) {
		if turn < k.last[form] {
			return
		}
		k.last[form] = turn
		if d.blank() {
			delete(s.Drafts, form)
		} else {
			s.Drafts[form] = d
		}
	})
	k.mu.Lock()
	defer k.mu.Unlock()
	if s, ok := k.staged[form]; ok && err == nil && s.turn <= turn {
		delete(k.staged, form)
	}
	return err
}

// number gives the next running number of a form; it is never given again.
func (k *kept) number(form string) (n int, err error) {
	err = k.change(func(s *state) {
		s.Numbers[form]++
		n = s.Numbers[form]
	})
	return n, err
}

// change changes the state and writes it; it stays as it was if that fails.
func (k *kept) change(f func(*state)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.read(); err != nil {
		return err
	}
	next := state{Drafts: maps.Clone(k.state.Drafts), Numbers: maps.Clone(k.state.Numbers)}
	f(&next)
	data, err := json.Marshal(next)
	if err == nil {
		err = replace(k.file, data)
	}
	if err != nil {
		return k.failed("write", err)
	}
	k.state = next
	return nil
}

// replace writes a file that is there whole or as it was, and its folder.
func replace(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return screen.WriteFile(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
