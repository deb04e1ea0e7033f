package interfaces

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"posthouse/localqm/mq"
)

// The next port after one that somebody has (MS-MQMP 2.1), and how many are tried.
const (
	step = 11
	most = 100
)

const op = "listen for other computers"

// listen listens on a port of all addresses; step is how far the next one is, 0: there
// is none.
func (i *Interfaces) listen(port uint16, step int) ([]net.Listener, error) {
	first := port
	for range most {
		listeners, err := i.everywhere(port)
		if err == nil {
			if port != first {
				i.o.Log.Warn("a port of RPC is in use, another one is taken", "port", first, "instead", port)
			}
			return listeners, nil
		}
		switch {
		case !errors.Is(err, errInUse):
			return nil, listenError(first, err)
		case port == 0: // any: it was free at one address only
			continue
		case step == 0 || int(port)+step > 65535:
			return nil, listenError(first, err)
		}
		port += uint16(step)
	}
	return nil, mq.Errorf(mq.ErrGeneric, op, "of the ports from %d to %d every eleventh was tried, and somebody has each", first, port).
		WithFix("choose another port")
}

// everywhere listens on one port of all addresses; 0: the system chooses it.
func (i *Interfaces) everywhere(port uint16) ([]net.Listener, error) {
	var out []net.Listener
	for _, a := range i.o.Listen {
		var lc net.ListenConfig
		at := net.JoinHostPort(a.String(), strconv.Itoa(int(port)))
		ln, err := lc.Listen(context.Background(), i.network(a), at)
		if errors.Is(err, errNotOurs) {
			i.o.Log.Warn("this is no address of this computer: it is not reached there by RPC", "address", a)
			continue
		}
		if err != nil {
			for _, ln := range out {
				_ = ln.Close()
			}
			return nil, err
		}
		out, port = append(out, ln), portOf(ln)
	}
	if len(out) == 0 {
		return nil, errNotOurs
	}
	return out, nil
}

// network keeps :: from taking the IPv4 addresses too, where those are listed.
func (i *Interfaces) network(a netip.Addr) string {
	switch {
	case a.Is4():
		return "tcp4"
	case a.IsUnspecified() && !slices.ContainsFunc(i.o.Listen, netip.Addr.Is4):
		return "tcp"
	}
	return "tcp6"
}

func portOf(ln net.Listener) uint16 {
	if a, ok := ln.Addr().(*net.TCPAddr); ok {
		return a.AddrPort().Port()
	}
	return 0
}

// listenError tells why nobody can connect.
func listenError(port uint16, err error) error {
	e := &mq.Error{Code: mq.ErrGeneric, Op: fmt.Sprintf("%s on port %d", op, port), Why: err.Error(), Err: err}
	switch {
	case errors.Is(err, errInUse):
		e.Why = "another program has it: Windows' own endpoint mapper, or a second queue manager"
		e.Fix = "choose another port, or none"
	case errors.Is(err, errNotOurs):
		e.Why = "this computer has none of the addresses"
		e.Fix = "choose some that it has"
	case errors.Is(err, errForbidden):
		e.Why = "the system does not allow this program to use it"
		e.Fix = "choose a port above 1023, or none"
	}
	return e
}
