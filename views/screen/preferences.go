package screen

import (
	"encoding/json"
	"slices"

	"posthouse/views/kit"
)

// Keeper keeps strings over restarts; fyne.Preferences is one. It holds no
// secrets.
type Keeper interface {
	String(key string) string
	SetString(key, value string)
}

// Preferences are what the user chose, typed by Setting.
type Preferences struct {
	keeper  Keeper
	watches []watch
}

type watch struct {
	key string
	f   func()
	s   *Scope
}

// NewPreferences reads and writes through a keeper; nil keeps them in memory.
func NewPreferences(k Keeper) *Preferences {
	if k == nil {
		k = memory{}
	}
	return &Preferences{keeper: k}
}

type memory map[string]string

func (m memory) String(key string) string    { return m[key] }
func (m memory) SetString(key, value string) { m[key] = value }

// Setting is one preference: a key, and what holds until the user chose. Any
// type that JSON carries will do. A stored value that cannot be read counts as
// none.
type Setting[T any] struct {
	Key     string
	Default T
	// OK says whether a value is one of those allowed; nil: all are.
	OK func(T) bool
}

// The settings that several screens share.
var (
	Theme      = Setting[string]{Key: "theme", Default: "system", OK: oneOf("system", "light", "dark")}
	RowHeight  = Setting[int]{Key: "rowHeight", Default: 28, OK: oneOf(28, 32)}
	Times      = Setting[string]{Key: "times", Default: "local", OK: oneOf("local", "utc")}
	PageSize   = Setting[int]{Key: "pageSize", Default: 200, OK: within(50, 1000)} // messages asked for at once
	Refresh    = Setting[int]{Key: "refresh", Default: 5, OK: within(1, 3600)}     // seconds between counters without a signal
	Encoding   = Setting[string]{Key: "encoding", Default: ""}                     // of bodies; "" recognises it
	WrapBodies = Setting[bool]{Key: "wrapBodies"}
	Sidebar    = Setting[float32]{Key: "sidebar", Default: 264, OK: within[float32](200, 480)}
	Inspector  = Setting[float32]{Key: "inspector", Default: 408, OK: within[float32](344, 900)}
	WindowSize = Setting[[2]float32]{Key: "window", Default: [2]float32{1440, 900}}
)

// Columns is the setting for the columns of a grid.
func Columns(grid string) Setting[[]kit.ColumnState] {
	return Setting[[]kit.ColumnState]{Key: "columns." + grid}
}

func oneOf[T comparable](list ...T) func(T) bool {
	return func(v T) bool { return slices.Contains(list, v) }
}

func within[T int | float32](low, high T) func(T) bool {
	return func(v T) bool { return v >= low && v <= high }
}

// Get is the value chosen, or the default.
func (s Setting[T]) Get(p *Preferences) T {
	text := p.keeper.String(s.Key)
	if text == "" {
		return s.Default
	}
	var v T
	if json.Unmarshal([]byte(text), &v) != nil || s.OK != nil && !s.OK(v) {
		return s.Default
	}
	return v
}

// Set keeps a value and tells who watches. A value that is not allowed is
// passed over.
func (s Setting[T]) Set(p *Preferences, v T) {
	if s.OK != nil && !s.OK(v) {
		return
	}
	text, err := json.Marshal(v)
	if err != nil || p.keeper.String(s.Key) == string(text) {
		return
	}
	p.keeper.SetString(s.Key, string(text))
	p.watches = slices.DeleteFunc(p.watches, func(w watch) bool { return w.s.Ended() })
	for _, w := range slices.Clone(p.watches) {
		if w.key == s.Key {
			w.f()
		}
	}
}

// Watch runs f after each change, while the scope lasts.
func (s Setting[T]) Watch(p *Preferences, scope *Scope, f func()) {
	p.watches = append(p.watches, watch{s.Key, f, scope})
}
