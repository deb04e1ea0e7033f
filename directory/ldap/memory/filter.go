package memory

import (
	"bytes"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	goldap "github.com/go-ldap/ldap/v3"

	"posthouse/directory/ldap"
	"posthouse/localqm/mq"
)

// predicate tells whether an object fits a filter. candidates are those that may, if
// an index knows them.
type predicate struct {
	fits       func(*node) bool
	candidates []*node
	known      bool
}

// compile makes a predicate of a filter in its text form (RFC 4515).
func (d *Directory) compile(filter string) (predicate, error) {
	p, err := goldap.CompileFilter(filter)
	if err != nil {
		return predicate{}, err
	}
	return d.predicate(p), nil
}

func word(p *ber.Packet) string { return p.Data.String() }

func (d *Directory) predicate(p *ber.Packet) predicate {
	switch p.Tag {
	case goldap.FilterAnd, goldap.FilterOr:
		return d.several(p)
	case goldap.FilterNot:
		inner := d.predicate(p.Children[0])
		return predicate{fits: func(n *node) bool { return !inner.fits(n) }}
	case goldap.FilterPresent:
		a := ldap.Fold(word(p))
		return predicate{fits: func(n *node) bool { return len(d.read(n, a)) > 0 }}
	case goldap.FilterEqualityMatch, goldap.FilterApproxMatch:
		return d.equality(ldap.Fold(word(p.Children[0])), word(p.Children[1]))
	case goldap.FilterGreaterOrEqual, goldap.FilterLessOrEqual:
		return d.ordering(ldap.Fold(word(p.Children[0])), word(p.Children[1]), p.Tag == goldap.FilterLessOrEqual)
	case goldap.FilterSubstrings:
		return d.substrings(p)
	case goldap.FilterExtensibleMatch:
		return d.extensible(p)
	}
	return predicate{fits: func(*node) bool { return false }}
}

func (d *Directory) several(p *ber.Packet) predicate {
	all := p.Tag == goldap.FilterAnd
	parts := make([]predicate, len(p.Children))
	out := predicate{known: !all}
	for i, c := range p.Children {
		parts[i] = d.predicate(c)
		switch q := parts[i]; {
		case all && q.known && (!out.known || len(q.candidates) < len(out.candidates)):
			out.known, out.candidates = true, q.candidates
		case !all && out.known:
			out.known = q.known
			out.candidates = append(out.candidates[:len(out.candidates):len(out.candidates)], q.candidates...)
		}
	}
	out.fits = func(n *node) bool {
		for _, q := range parts {
			if q.fits(n) != all {
				return !all
			}
		}
		return all
	}
	return out
}

// equality compares by the syntax; what is not a value of it equals nothing.
func (d *Directory) equality(name, value string) predicate {
	switch name {
	case "objectguid":
		p := predicate{fits: func(n *node) bool { return string(n.id[:]) == value }, known: true}
		if len(value) == len(mq.GUID{}) {
			if n, ok := d.byGUID[mq.GUID([]byte(value))]; ok {
				p.candidates = []*node{n}
			}
		}
		return p
	case "distinguishedname":
		n := d.byKey[ldap.Key(value)]
		p := predicate{fits: func(o *node) bool { return o == n }, known: true}
		if n != nil {
			p.candidates = []*node{n}
		}
		return p
	case "objectclass":
		if value == "*" {
			return predicate{fits: func(*node) bool { return true }}
		}
		c := ldap.Fold(value)
		return predicate{fits: func(n *node) bool { return n.is(c) }, candidates: d.index[indexKey(name, value)], known: c != "top"}
	}
	a, ok := attributes[name]
	if !ok {
		return predicate{fits: func(*node) bool { return false }, known: true}
	}
	if a.syntax == reference {
		target := d.byKey[ldap.Key(value)]
		return predicate{fits: func(n *node) bool {
			for _, r := range n.refs[name] {
				if r == target && target != nil {
					return true
				}
			}
			return false
		}}
	}
	want, folded := value, ldap.Fold(value)
	if a.syntax == integer {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return predicate{fits: func(*node) bool { return false }, known: true}
		}
		want = strconv.Itoa(int(int32(n)))
	}
	p := predicate{fits: func(n *node) bool {
		for _, v := range d.read(n, name) {
			if string(v) == want || a.syntax == unicodeString && ldap.Fold(string(v)) == folded {
				return true
			}
		}
		return false
	}}
	for _, i := range indexed {
		if i == name {
			p.candidates, p.known = d.index[indexKey(name, value)], true
		}
	}
	return p
}

func (n *node) is(class string) bool {
	if ldap.Fold(n.class.name) == class || class == "top" {
		return true
	}
	for _, c := range n.class.above {
		if ldap.Fold(c) == class {
			return true
		}
	}
	return false
}

func (d *Directory) ordering(name, value string, less bool) predicate {
	a := attributes[name]
	limit, err := strconv.ParseInt(value, 10, 64)
	return predicate{fits: func(n *node) bool {
		for _, v := range d.read(n, name) {
			c := bytes.Compare([]byte(ldap.Fold(string(v))), []byte(ldap.Fold(value)))
			if a.syntax == integer {
				if err != nil {
					return false
				}
				x, _ := strconv.ParseInt(string(v), 10, 64)
				c = int(min(max(x-limit, -1), 1))
			}
			if c == 0 || less == (c < 0) {
				return true
			}
		}
		return false
	}}
}

func (d *Directory) substrings(p *ber.Packet) predicate {
	name := ldap.Fold(word(p.Children[0]))
	type part struct {
		tag  ber.Tag
		text string
	}
	var parts []part
	for _, c := range p.Children[1].Children {
		parts = append(parts, part{c.Tag, ldap.Fold(word(c))})
	}
	match := func(s string) bool {
		for _, q := range parts {
			switch q.tag {
			case goldap.FilterSubstringsInitial:
				if !strings.HasPrefix(s, q.text) {
					return false
				}
				s = s[len(q.text):]
			case goldap.FilterSubstringsFinal:
				return strings.HasSuffix(s, q.text)
			default:
				i := strings.Index(s, q.text)
				if i < 0 {
					return false
				}
				s = s[i+len(q.text):]
			}
		}
		return true
	}
	return predicate{fits: func(n *node) bool {
		for _, v := range d.read(n, name) {
			if match(ldap.Fold(string(v))) {
				return true
			}
		}
		return false
	}}
}

// extensible knows the bitwise rules (MS-ADTS 3.1.1.3.4.4).
func (d *Directory) extensible(p *ber.Packet) predicate {
	const and, or = "1.2.840.113556.1.4.803", "1.2.840.113556.1.4.804"
	var rule, name, value string
	for _, c := range p.Children {
		switch c.Tag {
		case goldap.MatchingRuleAssertionMatchingRule:
			rule = word(c)
		case goldap.MatchingRuleAssertionType:
			name = ldap.Fold(word(c))
		case goldap.MatchingRuleAssertionMatchValue:
			value = word(c)
		}
	}
	bits, err := strconv.ParseInt(value, 10, 64)
	mask := uint32(bits)
	return predicate{fits: func(n *node) bool {
		for _, v := range d.read(n, name) {
			x, e := strconv.ParseInt(string(v), 10, 64)
			if err != nil || e != nil {
				return false
			}
			switch have := uint32(x) & mask; rule {
			case and:
				return have == mask
			case or:
				return have != 0
			}
		}
		return false
	}}
}
