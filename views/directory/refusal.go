package directory

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/screen"
)

// refused is a change that the directory did not take, for the note above it.
type refused struct {
	bold  string
	text  string
	code  string
	field mgmtclient.Field
}

// The result codes that mean that somebody lacks a right, and that a value cannot be
// (RFC 4511 A.1).
const (
	insufficientAccess = 50
	constraint         = 19
)

// shortHost is a controller as people call it: DC01 of dc01.nordhavn.example.
func shortHost(name string) string {
	if _, err := netip.ParseAddr(name); err == nil {
		return name
	}
	short, _, _ := strings.Cut(name, ".")
	return strings.ToUpper(short)
}

// refusalOf says why the directory did not do as it was told, and what that means for
// what was filled in.
func refusalOf(err error, d *draft, p *mgmtclient.Permissions, as string) refused {
	why, fix, code := screen.Reason(err)
	left := "Nothing was saved; " + changesWords(len(d.changed())) + " still below."
	var r *mgmtclient.Refusal
	if !errors.As(err, &r) {
		return refused{bold: "It was not saved", text: join(why, fix, left), code: code}
	}
	out := refused{field: r.Field}
	if r.Code == 0 {
		// Refused here, before anybody was asked.
		return refused{field: r.Field, bold: "That cannot be saved", text: join(why, fix, left), code: code}
	}
	who := shortHost(r.Controller)
	if who == "" {
		who = "The directory"
	}
	what := "change " + kindOf(d.now.Kind).name
	if name := fieldNames[r.Field]; name != "" {
		what = "set " + name
	}
	switch r.Code {
	case insufficientAccess:
		out.bold = who + " refused: you may not " + what
		only := ""
		if p != nil {
			if list := changers(&d.was, *p, as); list != "" {
				only = "Only " + list + " may change " + kindOf(d.now.Kind).name + "."
			}
		}
		if only == "" {
			only = join(why, fix)
		}
		out.text = join(only, left)
	default:
		out.bold = who + " refused to " + what
		out.text = join(screen.Sentence(why), fix, left)
	}
	if r.Name != "" {
		out.code = fmt.Sprintf("%s (%d)", r.Name, r.Code)
	}
	if h := mq.CodeOf(err); h.Failed() {
		if out.code != "" {
			out.code += ", "
		}
		out.code += fmt.Sprintf("0x%08X", uint32(h))
	}
	return out
}

func changesWords(n int) string {
	switch n {
	case 1:
		return "your change is"
	case 2:
		return "your two changes are"
	case 3:
		return "your three changes are"
	}
	return fmt.Sprintf("your %d changes are", n)
}

// join puts sentences together, those there are.
func join(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, " ")
}
