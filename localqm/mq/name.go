package mq

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of names, in UTF-16 units (MS-MQMQ 2.1.1, 2.1.5).
const (
	MaxQueueName    = 124
	MaxSubqueueName = 32
	MaxComputerName = 256
	MaxDomainName   = 255
)

// The keywords of names; case is ignored on the way in.
const (
	privateWord = "private$"
	systemWord  = "system$"
)

// LabelLength is the length of a label or name as MSMQ counts it: in UTF-16
// units, so that a character beyond the basic plane counts twice.
func LabelLength(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// flaw is what is wrong with a part of a name; the parser that knows the
// whole name makes an Error of it.
type flaw struct{ why, fix string }

func flawed(why string, args ...any) *flaw { return &flaw{why: fmt.Sprintf(why, args...)} }

func (f *flaw) try(fix string, args ...any) *flaw {
	f.fix = fmt.Sprintf(fix, args...)
	return f
}

// refuse makes the error for the whole name s.
func (f *flaw) refuse(code HResult, what, s string) error {
	e := Errorf(code, "read the "+what+" "+Quote(s), "%s", f.why)
	e.Fix = f.fix
	return e
}

// Quote shows a piece of input in a message: one line, and short however long
// a hostile peer made it. Backslashes stay single, as people write them.
func Quote(s string) string {
	const most = 60
	var b strings.Builder
	b.WriteByte('"')
	wide := 0
	for _, r := range s {
		if wide >= most {
			return b.String() + `"...`
		}
		if r < 0x7F && r >= ' ' || r > 0x7F && printable(r) {
			b.WriteRune(r)
			wide++
		} else {
			n, _ := fmt.Fprintf(&b, `\u%04x`, r)
			wide += n
		}
	}
	return b.String() + `"`
}

// checkQueueName checks a queue or subqueue name by MS-MQMQ 2.1.1. Beyond the
// ABNF, whose characters end at 7F, printable characters of every script and
// inner spaces are taken, because Windows takes them.
func checkQueueName(what, name string, most int) *flaw {
	if name == "" {
		return flawed("the %s name is empty", what).try("name the %s", what)
	}
	if n := LabelLength(name); n > most {
		return flawed("the %s name has %d characters, at most %d are allowed", what, n, most).try("choose a shorter name")
	}
	for _, r := range name {
		if strings.ContainsRune(`\;+,"`, r) || !printable(r) {
			return flawed("the %s name contains %s", what, character(r)).
				try(`choose a name without \ ; + , " and control characters`)
		}
	}
	if name[0] == ' ' || name[len(name)-1] == ' ' {
		return flawed("the %s name begins or ends with a space", what).try("remove the space")
	}
	for _, part := range strings.Split(name, "/") {
		if part == "." || part == ".." {
			return flawed(`the %s name contains the path step "%s"`, what, part).try("choose a name that is not a path")
		}
		if equalWord(part, privateWord) || equalWord(part, systemWord) {
			return flawed("%s is a keyword and no %s name", part, what).
				try(`private queues are written computer\private$\name, system queues computer\system$;journal, ;deadletter or ;deadxact`)
		}
	}
	return nil
}

// checkComputer checks a computer's name or address. MS-MQMQ 2.1.1 admits all
// VCHAR; what no computer can be called and what separates names is refused.
func checkComputer(name string) *flaw {
	switch {
	case name == "":
		return flawed("the computer name is empty").try(`write .\ for this computer`)
	case LabelLength(name) > MaxComputerName:
		return flawed("the computer name has %d characters, at most %d are allowed", LabelLength(name), MaxComputerName).
			try("check the name")
	case name == ".":
		return nil
	case strings.Trim(name, ".") == "":
		return flawed("%q is no computer", name).try(`write .\ for this computer`)
	case equalWord(name, privateWord), equalWord(name, systemWord):
		return flawed("the computer name is missing before %s", name).try(`write .\%s for this computer`, strings.ToLower(name))
	}
	if strings.Contains(name, ":") {
		if a, err := netip.ParseAddr(name); err == nil && plainZone(a) {
			return nil
		}
	}
	for _, r := range name {
		if strings.ContainsRune(`\/:*?"<>|,;+= `, r) || !printable(r) || r == 0x7F {
			return flawed("the computer name contains %s", character(r)).
				try(`give the computer's name or address, then \ and the queue`)
		}
	}
	return nil
}

// printable follows MS-MQMQ 2.1.1 in ASCII (7F is in its ABNF). Invisible
// characters and the replacement character, which stands for broken text, are
// refused: two names must not look alike.
func printable(r rune) bool {
	return r == 0x7F || r != utf8.RuneError && unicode.IsPrint(r)
}

func character(r rune) string {
	switch {
	case r == utf8.RuneError:
		return "broken text (not UTF-8)"
	case unicode.IsPrint(r):
		return fmt.Sprintf("the character '%c'", r)
	}
	return fmt.Sprintf("the invisible character U+%04X", r)
}

// plainZone keeps separators of names out of an IPv6 zone.
func plainZone(a netip.Addr) bool {
	for _, r := range a.Zone() {
		if r >= utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-", r) {
			return false
		}
	}
	return true
}

// equalWord compares with a keyword in ASCII: strings.EqualFold would take the
// long s of "SYſTEM$" for an s.
func equalWord(s, word string) bool {
	rest, ok := cutWord(s, word)
	return ok && rest == ""
}

// cutWord cuts a keyword off the front, in any case.
func cutWord(s, word string) (rest string, ok bool) {
	if len(s) < len(word) {
		return s, false
	}
	for i := range len(word) {
		if lower(s[i]) != lower(word[i]) {
			return s, false
		}
	}
	return s[len(word):], true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// queuePath is what follows the computer in a path name and in a direct
// format name alike.
type queuePath struct {
	private, system bool
	queue, subqueue string
	suffix          Suffix
}

// parseQueuePath reads [private$\]queue[;subqueue|;journal] or
// system$;journal|deadletter|deadxact; the word system$ may be left out.
func parseQueuePath(s string) (queuePath, *flaw) {
	if rest, ok := cutWord(s, systemWord); ok && (rest == "" || rest[0] == ';' || rest[0] == '\\') {
		s = ";" + strings.TrimLeft(rest, `;\`)
	}
	if strings.HasPrefix(s, ";") {
		x := suffixOf(s[1:])
		if x == SuffixNone || x == SuffixXactOnly {
			return queuePath{}, flawed("there is no system queue %s", Quote(s[1:])).
				try("the system queues are system$;journal, system$;deadletter and system$;deadxact")
		}
		return queuePath{system: true, suffix: x}, nil
	}
	var p queuePath
	if rest, ok := cutWord(s, privateWord+`\`); ok {
		p.private, s = true, rest
	}
	name, tail, part := strings.Cut(s, ";")
	if queue, last, ok := strings.Cut(name, `\`); ok && equalWord(last, "journal$") {
		return queuePath{}, flawed(`\%s does not name a journal`, last).try("write %s;journal", Quote(queue))
	}
	if f := checkQueueName("queue", name, MaxQueueName); f != nil {
		return queuePath{}, f
	}
	p.queue = name
	switch {
	case !part:
	case suffixOf(tail) == SuffixJournal:
		p.suffix = SuffixJournal
	default:
		if f := checkQueueName("subqueue", tail, MaxSubqueueName); f != nil {
			return queuePath{}, f
		}
		p.subqueue = tail
	}
	return p, nil
}

func suffixOf(s string) Suffix {
	for x, word := range suffixWords {
		if word != "" && equalWord(s, word) {
			return Suffix(x)
		}
	}
	return SuffixNone
}
