package faults

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// seedPacket is a packet of which sweeps make others, and what comes before it on a
// connection.
type seedPacket struct {
	name   string
	packet []byte
	before [][]byte
}

// seeds are the packets of MS-MQQB 4.1 that come to us, and messages with every
// header.
func (s *siege) seeds() []seedPacket {
	s.t.Helper()
	ask, agree := s.establish(), parameters()
	opened := [][]byte{ask, agree}
	full := s.message(func(m *mq.Message) {
		directly(m)
		s.inStream(5, 1, 0)(m)
		somebody(m)
		soapParts(m)
		traced(m)
		m.AdminQueue, m.ResponseQueue = mq.DirectOS("a", `private$\b`), mq.DirectTCP("127.0.0.1", `private$\c`)
		m.MultiDestination = []mq.FormatName{mq.Public(mq.GUID{1}), mq.DirectOS("x", "y"), mq.Private(mq.GUID{2}, 3)}
		m.MultiSignature = []byte{1, 2, 3, 4}
		m.Extension, m.Signature, m.SenderCertificate = []byte("extension"), []byte{1}, []byte{0x30, 0x80}
		m.ProviderName, m.SymmetricKey = "provider", []byte{5, 6}
	})
	message := s.dump("mqqb-4.1.7-user-message.hex")
	for size := int(le.Uint32(message[8:])); len(message) < size; {
		message = append(message, 'a', 0)
	}
	return []seedPacket{
		{"EstablishConnection", s.dump("mqqb-4.1.3-establish-request.hex"), nil},
		{"ConnectionParameters", s.dump("mqqb-4.1.5-parameters-request.hex"), [][]byte{ask}},
		{"SessionAck", s.dump("mqqb-4.1.8-session-ack.hex"), opened},
		{"message of 4.1.7", message, opened},
		{"message to a queue", s.message(nil), opened},
		{"message with every header", full, opened},
		{"OrderAck", s.message(acking(mq.ClassOrderAck, "QM Ordering Ack", 36)), opened},
	}
}

// dump reads a dump of the specification.
func (s *siege) dump(file string) []byte {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "wire", "testdata", file))
	ok(s.t, err)
	b, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	ok(s.t, err)
	return b
}

// shot is a packet, and how the connection ends after it.
type shot struct {
	seed   *seedPacket
	packet []byte
	reset  bool
}

// fire sends each shot over a connection of its own, from several addresses at
// once, and waits until the hub has ended it.
func (s *siege) fire(shots []shot) {
	s.t.Helper()
	at := netip.AddrPortFrom(s.hub.Address, s.network.Port).String()
	queue := make(chan shot)
	var shooters sync.WaitGroup
	for i := range 6 {
		shooters.Go(func() {
			d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(fmt.Sprintf(hostileNumbers, 1, i+1))}}
			for x := range queue {
				if err := x.fire(d, at); err != nil {
					s.t.Errorf("%s: % X: %v", x.seed.name, x.packet[:min(len(x.packet), 100)], err)
				}
			}
		})
	}
	for _, x := range shots {
		queue <- x
	}
	close(queue)
	shooters.Wait()
}

func (x shot) fire(d net.Dialer, at string) error {
	c, err := d.Dial("tcp", at)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return err
	}
	for _, b := range x.seed.before {
		if _, err := c.Write(b); err != nil {
			return err
		}
		if _, err := readPacket(c); err != nil {
			return err
		}
	}
	_, _ = c.Write(x.packet) // it may be closed in the middle
	t := c.(*net.TCPConn)
	if x.reset {
		return t.SetLinger(0)
	}
	_ = t.CloseWrite()
	if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return nil // the hub closed it, one way or the other
}

// sweep fires what make makes of each seed, and checks what is left of it.
func sweep(t *testing.T, make func(seed *seedPacket, add func(packet []byte, reset bool))) {
	t.Helper()
	s := newSiege(t)
	every := 1
	if testing.Short() {
		every = 11
	}
	var shots []shot
	bytes := 0
	for _, seed := range s.seeds() {
		n := 0
		make(&seed, func(p []byte, reset bool) {
			if n++; n%every == 0 {
				shots = append(shots, shot{&seed, p, reset})
				bytes += len(p)
			}
		})
	}
	before := heap()
	begin := time.Now()
	cost := allocated(func() { s.fire(shots) })
	d := time.Since(begin)
	s.unhurt()
	_, err := s.hub.Purge(ctx, qmtest.Owner, name("q"))
	ok(t, err)
	_, err = s.hub.Purge(ctx, qmtest.Owner, name("x"))
	ok(t, err)
	// Both ends of a connection, with their buffers, are in this process.
	each := int64(cost)/int64(len(shots)) - 2*int64(bytes)/int64(len(shots))
	t.Logf("%d packets in %v, %d B allocated for each beside twice its size; %d KB are kept", len(shots), d, each,
		(int64(heap())-int64(before))/1024)
	if each > 256<<10 {
		t.Errorf("%d B are allocated for each", each)
	}
}

// S1: every number of 16 and of 32 bits, among them all lengths and counts, is
// what it must not be.
func TestSweepOfNumbers(t *testing.T) {
	sweep(t, func(seed *seedPacket, add func([]byte, bool)) {
		p := seed.packet
		for at := 0; at+4 <= min(len(p), 1024); at += 2 {
			n32, n16 := le.Uint32(p[at:]), le.Uint16(p[at:])
			for _, v := range []uint32{0, 1, n32 - 1, n32 + 1, math.MaxInt32, 1 << 31, math.MaxUint32} {
				add(u32(at, v)(slices.Clone(p)), false)
			}
			for _, v := range []uint16{0, 1, n16 - 1, n16 + 1, math.MaxInt16, 1 << 15, math.MaxUint16} {
				add(u16(at, v)(slices.Clone(p)), false)
			}
		}
	})
}

// S2: every packet ends at every byte, in both ways that a connection ends.
func TestSweepOfEnds(t *testing.T) {
	sweep(t, func(seed *seedPacket, add func([]byte, bool)) {
		for n := range seed.packet {
			add(seed.packet[:n], false)
			add(seed.packet[:n], true)
		}
	})
}

// S3: every bit is another one.
func TestSweepOfBits(t *testing.T) {
	sweep(t, func(seed *seedPacket, add func([]byte, bool)) {
		for bit := range 8 * min(len(seed.packet), 1024) {
			add(u8(bit/8, seed.packet[bit/8]^1<<(bit%8))(slices.Clone(seed.packet)), false)
		}
	})
}
