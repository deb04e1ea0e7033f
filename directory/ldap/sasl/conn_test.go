package sasl

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// seal is a mechanism whose tokens are a mark and the message.
type seal struct{ most int }

var errForged = errors.New("forged")

func (s *seal) Wrap(_ security.Level, message []byte) ([]byte, error) {
	s.most = max(s.most, len(message))
	return append([]byte{'#'}, message...), nil
}

func (s *seal) Unwrap(_ security.Level, token []byte) ([]byte, error) {
	if len(token) == 0 || token[0] != '#' {
		return nil, errForged
	}
	return token[1:], nil
}

func TestWhatIsWrittenIsReadInPiecesOfAnySize(t *testing.T) {
	for _, most := range []int{0, 4096, 1 << 20} {
		ours, theirs := net.Pipe()
		var mark seal
		a, b := newConn(ours, &mark, security.Privacy, most), newConn(theirs, &seal{}, security.Privacy, most)
		text := bytes.Repeat([]byte("0123456789"), 20_000)
		var all sync.WaitGroup
		all.Go(func() {
			for _, part := range [][]byte{text[:1], nil, text[1:]} {
				if n, err := a.Write(part); err != nil || n != len(part) {
					t.Error(n, err)
				}
			}
			_ = a.Close()
		})
		got, err := io.ReadAll(b)
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if mark.most > chunk || most > 0 && mark.most > most-overhead {
			t.Errorf("%d bytes at once, of %d", mark.most, most)
		}
		all.Wait()
		_ = b.Close()
	}
}

func TestForgedAndHugeFramesEndTheConnection(t *testing.T) {
	for name, c := range map[string]struct {
		sent []byte
		want error
	}{
		"forged":   {[]byte{0, 0, 0, 2, 'x', 'y'}, errForged},
		"empty":    {[]byte{0, 0, 0, 0}, errForged},
		"too long": {[]byte{0xff, 0xff, 0xff, 0xff}, mq.ErrCorruptedSecurityData},
		"cut off":  {[]byte{0, 0, 1, 0, '#', 'x'}, io.ErrUnexpectedEOF},
		"no head":  {[]byte{0, 0}, io.ErrUnexpectedEOF},
	} {
		ours, theirs := net.Pipe()
		var all sync.WaitGroup
		all.Go(func() {
			_, _ = theirs.Write(c.sent)
			_ = theirs.Close()
		})
		s := newConn(ours, &seal{}, security.Privacy, 0)
		for range 2 { // it does not come back to life
			if n, err := s.Read(make([]byte, 10)); n != 0 || !errors.Is(err, c.want) {
				t.Errorf("%s: %d, %v", name, n, err)
			}
		}
		_ = s.Close()
		all.Wait()
	}
}
