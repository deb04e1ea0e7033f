package inspector

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/body"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// slowAfter is how long a wait may last before it is shown.
const slowAfter = 200 * time.Millisecond

// Presenter decides what the inspector shows.
type Presenter struct {
	// OnChange is told after anything changed but the body.
	OnChange func()
	// OnBody is told after the body, its mode or its encoding changed.
	OnBody func()

	host  screen.Host
	scope *screen.Scope // of the message shown
	node  screen.Node
	queue string

	shown bool
	msg   mgmtclient.Message
	many  int
	tab   string

	loading bool
	slow    bool
	err     error
	data    []byte
	whole   bool
	doc     body.Document
	mode    body.Mode     // chosen; "" recognises it
	enc     body.Encoding // chosen; "" recognises it
}

// NewPresenter makes a presenter that shows nothing.
func NewPresenter(h screen.Host) *Presenter {
	p := &Presenter{host: h, tab: General, OnChange: func() {}, OnBody: func() {}}
	p.scope = h.Scope().Sub()
	p.scope.End()
	p.enc = body.Encoding(screen.Encoding.Get(h.Preferences()))
	return p
}

// Show shows a message as its row has it, and reads the rest. It works in a
// part of s.
func (p *Presenter) Show(s *screen.Scope, node screen.Node, queue string, m mgmtclient.Message) {
	same := p.shown && p.queue == queue && p.msg.LookupID == m.LookupID && p.node.ID == node.ID
	if same && (p.loading || p.err == nil) {
		p.node = node // perhaps over a new connection
		return
	}
	p.scope.End()
	p.scope = s.Sub()
	p.node, p.queue = node, queue
	p.shown, p.many, p.msg = true, 1, m
	p.data, p.whole, p.err, p.mode = nil, false, nil, ""
	p.doc = body.Document{}
	p.OnChange()
	p.OnBody()
	p.load(body.PreviewLimit)
}

// ShowCount shows that several messages, or none, are selected.
func (p *Presenter) ShowCount(n int) {
	if !p.shown && p.many == n {
		return
	}
	p.scope.End()
	p.shown, p.many, p.loading, p.slow = false, n, false, false
	p.OnChange()
	p.OnBody()
}

// load reads the message with so much of its body; negative: all.
func (p *Presenter) load(limit int) {
	if p.node.Client == nil {
		return
	}
	p.loading, p.slow = true, false
	client, queue, id, mode, enc := p.node.Client, p.queue, p.msg.LookupID, p.mode, p.enc
	p.scope.After(slowAfter, func() {
		if p.loading {
			p.slow = true
			p.OnBody()
		}
	})
	type answer struct {
		msg mgmtclient.Message
		doc body.Document
	}
	screen.Load(p.scope, func(ctx context.Context) (answer, error) {
		m, err := client.Message(ctx, queue, id, limit)
		if err != nil {
			return answer{}, err
		}
		return answer{m, layOut(m.Body, m.BodySize, mode, enc)}, nil
	}, func(a answer, err error) {
		p.loading, p.slow, p.err = false, false, err
		if err == nil {
			p.msg, p.data, p.doc = a.msg, a.msg.Body, a.doc
			p.whole = len(p.data) >= p.msg.BodySize
			p.msg.Body = nil
		}
		p.OnChange()
		p.OnBody()
	})
}

// layOut formats the beginning of a body of total bytes.
func layOut(data []byte, total int, mode body.Mode, enc body.Encoding) body.Document {
	m, e := body.Detect(data)
	if mode != "" {
		m = mode
	}
	if enc != "" {
		e = enc
	}
	doc := body.Format(data, m, e)
	if total > doc.Total {
		doc.Total = total
		doc.Fault = ""
	}
	return doc
}

// Shown reports whether one message is shown; many is how many are selected.
func (p *Presenter) Shown() (one bool, many int) { return p.shown, p.many }

// Message is the message shown.
func (p *Presenter) Message() mgmtclient.Message { return p.msg }

// Title is the name of the message shown.
func (p *Presenter) Title() string { return screen.Label(p.msg.Label) }

// Tab is the tab shown, SetTab changes it.
func (p *Presenter) Tab() string { return p.tab }

// SetTab shows another tab.
func (p *Presenter) SetTab(tab string) {
	p.tab = tab
	p.OnChange()
}

// Pairs are the properties on the tab shown.
func (p *Presenter) Pairs() []kit.Pair { return Pairs(p.tab, &p.msg, p.host.Now()) }

// Waiting reports whether the body takes longer than one should wait unasked.
func (p *Presenter) Waiting() bool { return p.slow }

// Fault says why the message cannot be read: title, words and code.
func (p *Presenter) Fault() (title, text, code string, ok bool) {
	if p.err == nil {
		return "", "", "", false
	}
	why, fix, code := screen.Reason(p.err)
	switch mq.CodeOf(p.err) {
	case mq.ErrMessageNotFound:
		return "It is not there any more", "It was received, moved or deleted meanwhile, or it expired.", "", true
	case mq.ErrAccessDenied:
		return "You may not read this message", strings.TrimSpace(why + " " + fix), code, true
	}
	return "The message could not be read", strings.TrimSpace(why + " " + fix), code, true
}

// Document is the body laid out and its bytes, as far as they were read.
func (p *Presenter) Document() (body.Document, []byte) { return p.doc, p.data }

// Modes are the ways to look at the body that make sense.
func (p *Presenter) Modes() []body.Mode {
	found, _ := body.Detect(p.data)
	switch {
	case found == body.XML || p.mode == body.XML:
		return []body.Mode{body.XML, body.Text, body.Hex}
	case found == body.JSON || p.mode == body.JSON:
		return []body.Mode{body.JSON, body.Text, body.Hex}
	}
	return []body.Mode{body.Text, body.Hex}
}

// SetMode looks at the body in another way; hex reads all of it.
func (p *Presenter) SetMode(m body.Mode) {
	p.mode = m
	p.again(m == body.Hex)
}

// SetEncoding reads the characters in another encoding; "" recognises it.
func (p *Presenter) SetEncoding(e body.Encoding) {
	p.enc = e
	screen.Encoding.Set(p.host.Preferences(), string(e))
	p.again(false)
}

// again lays the body out anew, having read all of it if need be.
func (p *Presenter) again(all bool) {
	if !p.shown {
		return
	}
	if all && !p.whole {
		p.load(-1)
		return
	}
	data, total, mode, enc := p.data, p.msg.BodySize, p.mode, p.enc
	screen.Load(p.scope, func(context.Context) (body.Document, error) {
		return layOut(data, total, mode, enc), nil
	}, func(d body.Document, _ error) {
		p.doc = d
		p.OnBody()
	})
}

// Format says what wrote the body, or what it looks like.
func (p *Presenter) Format() string {
	if p.msg.BodySize == 0 {
		return "No body"
	}
	switch {
	case p.msg.Format != "":
		return p.msg.Format
	case p.doc.Mode == body.Hex:
		return "Not recognised"
	}
	return string(p.doc.Mode)
}

// Encoding is the encoding the characters are read in, "" in hex.
func (p *Presenter) Encoding() body.Encoding {
	if p.doc.Mode == body.Hex {
		return ""
	}
	return p.doc.Encoding
}

// Chosen is the encoding the user insists on, "" if it is recognised.
func (p *Presenter) Chosen() body.Encoding { return p.enc }

// FileName proposes a name for the body.
func (p *Presenter) FileName() string {
	name := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, strings.TrimSpace(p.msg.Label))
	if name == "" || strings.Trim(name, ".-") == "" {
		name = "message " + p.msg.LookupID.String()
	}
	ext := map[body.Mode]string{body.XML: ".xml", body.JSON: ".json", body.Text: ".txt"}[p.doc.Mode]
	if ext == "" {
		ext = ".bin"
	}
	r := []rune(name)
	return string(r[:min(len(r), 80)]) + ext
}

// SaveBody writes the whole body to a file, byte for byte.
func (p *Presenter) SaveBody(path string) {
	if !p.shown || p.node.Client == nil {
		return
	}
	client, queue, id, label := p.node.Client, p.queue, p.msg.LookupID, p.Title()
	data := slices.Clone(p.data)
	whole := p.whole
	screen.Load(p.host.Scope(), func(ctx context.Context) (int, error) {
		if !whole {
			m, err := client.Message(ctx, queue, id, -1)
			if err != nil {
				return 0, err
			}
			data = m.Body
		}
		return len(data), os.WriteFile(path, data, 0o600)
	}, func(n int, err error) {
		if err != nil {
			p.host.Fail("The body of "+label+" was not saved", err)
			return
		}
		p.host.Done(screen.Action{What: "Saved the body of " + label, Result: screen.Size(int64(n)), Tone: kit.Success})
	})
}
