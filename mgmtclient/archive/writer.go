package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"

	"posthouse/localqm/mq"
)

// writer writes lines and counts them.
type writer struct {
	w   io.Writer
	sum hash.Hash
	buf bytes.Buffer
	end End
}

func newWriter(w io.Writer) *writer { return &writer{w: w, sum: sha256.New()} }

func (w *writer) line(l line) error {
	w.buf.Reset()
	e := json.NewEncoder(&w.buf)
	e.SetEscapeHTML(false) // labels stay readable
	if err := e.Encode(l); err != nil {
		return mq.Errorf(mq.ErrGeneric, "write the export", "%w", err)
	}
	w.sum.Write(w.buf.Bytes())
	if _, err := w.w.Write(w.buf.Bytes()); err != nil {
		return mq.Errorf(mq.ErrGeneric, "write the export", "%w", err).
			WithFix("check the disk and write it again: this file is not complete")
	}
	switch {
	case l.Queue != nil:
		w.end.Queues++
	case l.Part != nil:
		w.end.Parts++
	case l.Message != nil:
		w.end.Messages++
	}
	return nil
}

func (w *writer) close() error {
	w.end.SHA256 = hex.EncodeToString(w.sum.Sum(nil))
	return w.line(line{End: &w.end})
}
