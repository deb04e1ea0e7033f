//go:build !windows

package app

import (
	"bytes"
	"io"
	"testing"
)

func TestAReaderThatGoesAwayEndsTheProgramQuietly(t *testing.T) {
	s := newSite(t)
	s.must("queue", "create", "orders")
	s.must("message", "send", "orders", "--body", "x", "--count", "3000")
	cmd := s.command("message", "list", "orders", "--limit", "0", "--jsonl")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || errs.Len() > 0 {
		t.Errorf("it ended with %v, standard error %q", err, errs.String())
	}
	s.must("check").says("all is well")
}
