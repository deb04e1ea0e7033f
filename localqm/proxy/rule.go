package proxy

import (
	"time"

	"posthouse/localqm/wire"
)

// Rule is how bad the line is. Chances are 0 to 1 for each packet, one after
// the other; the zero value is a good line.
type Rule struct {
	Drop      float64       // the packet vanishes
	Duplicate float64       // it comes twice
	Reorder   float64       // it comes after the next one
	Cut       float64       // the connection breaks before it, in both directions
	Tear      float64       // the connection breaks in the middle of it
	Delay     time.Duration // it comes up to so much later, and all behind it
	Rate      int           // bytes a second in each direction; 0: as fast as they come
	// Only limits the rule to some packets; nil: all. The others pass.
	Only func(Packet) bool
}

// Packet is what a rule sees.
type Packet struct {
	ToServer bool
	Type     wire.Type
	Bytes    []byte // not to be changed
}

// Messages limits a rule to messages: acknowledgements of the session and its
// beginning pass.
func Messages(p Packet) bool { return p.Type == wire.TypeMessage }

// Acknowledgements limits a rule to session acknowledgements.
func Acknowledgements(p Packet) bool { return p.Type == wire.TypeSessionAck }

// Stats counts what a line did.
type Stats struct {
	Connections int
	Packets     int
	Dropped     int
	Duplicated  int
	Reordered   int
	Cuts        int
}
