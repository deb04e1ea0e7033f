package krb5

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/oiweiwei/gokrb5.fork/v9/types"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

// ends are the two ends of a session that wraps, with a key of a kind.
func ends(t testing.TB, kind encryption) (client, server *session) {
	t.Helper()
	client, server = &session{done: true}, &session{done: true}
	key := types.EncryptionKey{KeyType: kind.id, KeyValue: freshKey(kind.id).KeyValue}
	if err := errors.Join(client.start(key, true, false, 5, 7), server.start(key, true, true, 7, 5)); err != nil {
		t.Fatal(err)
	}
	return client, server
}

func TestMessagesAreWrappedBothWays(t *testing.T) {
	for _, kind := range accepted {
		client, server := ends(t, kind)
		for i, size := range []int{0, 1, 4, 15, 16, 17, 1000, 70000} {
			for _, l := range []security.Level{security.Integrity, security.Privacy} {
				from, to := client, server
				if i%2 == 1 {
					from, to = to, from
				}
				message := bytes.Repeat([]byte{byte(i + 65)}, size)
				token, err := from.Wrap(l, message)
				if err != nil {
					t.Fatal(err)
				}
				if size >= 4 && bytes.Contains(token, message) != (l == security.Integrity) {
					t.Errorf("kind %d, %v: what is sealed can be read, or the reverse", kind.id, l)
				}
				got, err := to.Unwrap(l, token)
				if err != nil || !bytes.Equal(got, message) {
					t.Fatalf("kind %d, %v, %d bytes: %v", kind.id, l, size, err)
				}
			}
		}
	}
}

// RFC 4121 4.2.5: whoever receives a token turns it back, however far it was turned; and
// 4.2.4 lets the sender fill up the text.
func TestTokensAreTurnedBack(t *testing.T) {
	for _, kind := range accepted {
		for _, turned := range []uint16{0, 1, 12, 16, 28, 44, 60, 200, 65535} {
			client, server := ends(t, kind)
			for _, l := range []security.Level{security.Integrity, security.Privacy} {
				token, err := client.Wrap(l, []byte("a message"))
				if err != nil {
					t.Fatal(err)
				}
				rest := token[headerSize:]
				was := int(binary.BigEndian.Uint16(token[6:]))
				straight := slices.Concat(rest[was:], rest[:was])
				split := len(rest) - int(turned)%len(rest)
				binary.BigEndian.PutUint16(token[6:], turned)
				token = slices.Concat(token[:headerSize], straight[split:], straight[:split])
				if got, err := server.Unwrap(l, token); err != nil || string(got) != "a message" {
					t.Errorf("kind %d, %v, turned by %d: %q, %v", kind.id, l, turned, got, err)
				}
			}
		}
	}
	client, server := ends(t, accepted[0])
	body := []byte("a message")
	token, err := client.send.wrap(extra, nil, body, nil)
	if err != nil {
		t.Fatal(err)
	}
	// wrap has its own place for the fill: behind the body, as it is here.
	token = append(token, body...)
	binary.BigEndian.PutUint16(token[6:], uint16(len(token)-headerSize-confounder-len(body)))
	if got, err := server.Unwrap(security.Privacy, token); err != nil || string(got) != "a message" {
		t.Errorf("filled up: %q, %v", got, err)
	}
}

func TestChangedMessagesAreSeen(t *testing.T) {
	for _, kind := range accepted {
		for _, l := range []security.Level{security.Integrity, security.Privacy} {
			client, _ := ends(t, kind)
			token, err := client.Wrap(l, []byte("a message"))
			if err != nil {
				t.Fatal(err)
			}
			for i := range token {
				if i == 6 || i == 7 {
					continue // turned by a whole round, it is the same token
				}
				receiver := *client // opens what it has sent, as the other side would
				sent := *client.send
				sent.number--
				receiver.receive = &sent
				changed := bytes.Clone(token)
				changed[i] ^= 1
				if _, err := receiver.Unwrap(l, changed); !errors.Is(err, mq.ErrCorruptedSecurityData) {
					t.Fatalf("byte %d: %v", i, err)
				}
				if _, err := receiver.Unwrap(l, token); err == nil {
					t.Fatal("after a forged one, others are taken")
				}
			}
		}
	}
}

func TestOnlyTheNextMessageIsTaken(t *testing.T) {
	client, server := ends(t, accepted[0])
	_, _ = client.Wrap(security.Privacy, []byte("one"))
	second, _ := client.Wrap(security.Privacy, []byte("two"))
	if _, err := server.Unwrap(security.Privacy, second); err == nil {
		t.Error("the second was taken before the first")
	}
	client, server = ends(t, accepted[0])
	first, _ := client.Wrap(security.Privacy, []byte("one"))
	if _, err := server.Unwrap(security.Privacy, first); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Unwrap(security.Privacy, first); err == nil {
		t.Error("one was taken twice")
	}
	client, server = ends(t, accepted[0])
	open, _ := client.Wrap(security.Integrity, []byte("one"))
	if _, err := server.Unwrap(security.Privacy, open); err == nil {
		t.Error("one that is not sealed was taken for a sealed one")
	}
	client, _ = ends(t, accepted[0])
	own, _ := client.Wrap(security.Privacy, []byte("one"))
	if _, err := client.Unwrap(security.Privacy, own); err == nil {
		t.Error("our own was taken back")
	}
	if _, err := (&session{}).Wrap(security.Privacy, nil); err == nil {
		t.Error("wrapped before anybody has signed in")
	}
	if _, err := (&session{}).Unwrap(security.Privacy, nil); err == nil {
		t.Error("unwrapped before anybody has signed in")
	}
}

func FuzzUnwrap(f *testing.F) {
	client, _ := ends(f, accepted[0])
	for _, l := range []security.Level{security.Integrity, security.Privacy} {
		token, err := client.Wrap(l, []byte("a message"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token []byte) {
		for _, kind := range accepted {
			_, server := ends(t, kind)
			if got, err := server.Unwrap(security.Integrity, token); err == nil {
				t.Fatalf("somebody without the key wrote %q", got)
			}
		}
	})
}
