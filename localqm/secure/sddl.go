package secure

import (
	"fmt"
	"strconv"
	"strings"

	"posthouse/localqm/mq"
)

// code is a two-letter word of SDDL, or a one-letter one, and its bits.
type code struct {
	word string
	bits uint32
}

// The words of SDDL (MS-DTYP 2.5.1.1), the printed ones in the order printed.
var (
	aceTypeCodes = []code{{"A", uint32(Allow)}, {"D", uint32(Deny)}, {"AU", uint32(Audit)}}
	aceFlagCodes = []code{
		{"OI", uint32(ObjectInherit)},
		{"CI", uint32(ContainerInherit)},
		{"NP", uint32(NoPropagate)},
		{"IO", uint32(InheritOnly)},
		{"ID", uint32(Inherited)},
		{"SA", uint32(AuditSuccess)},
		{"FA", uint32(AuditFailure)},
	}
	daclFlagCodes = []code{{"P", uint32(DACLProtected)}, {"AR", uint32(DACLInheritRequired)}, {"AI", uint32(DACLAutoInherited)}}
	saclFlagCodes = []code{{"P", uint32(SACLProtected)}, {"AR", uint32(SACLInheritRequired)}, {"AI", uint32(SACLAutoInherited)}}

	// Rights as letters: Windows prints the bits of MSMQ's masks as those of
	// directory objects.
	rightCodes = []code{
		{"GA", mq.GenericAll},
		{"GR", mq.GenericRead},
		{"GW", mq.GenericWrite},
		{"GX", mq.GenericExecute},
		{"SD", uint32(mq.RightDeleteQueue)},
		{"RC", readControl},
		{"WD", writeDAC},
		{"WO", uint32(mq.RightTakeQueueOwnership)},
		{"CC", 0x001},
		{"DC", 0x002},
		{"LC", 0x004},
		{"SW", 0x008},
		{"RP", 0x010},
		{"WP", 0x020},
		{"DT", 0x040},
		{"LO", 0x080},
		{"CR", 0x100},
		{"FA", 0x001F01FF},
		{"FR", 0x00120089},
		{"FW", 0x00120116},
		{"FX", 0x001200A0},
		{"KA", 0x000F003F},
		{"KR", 0x00020019},
		{"KW", 0x00020006},
		{"KX", 0x00020019},
	}
)

// nullDACL is how SDDL writes that nothing is guarded.
const nullDACL = "NO_ACCESS_CONTROL"

// String is the descriptor as SDDL, with rights in hexadecimal and well-known
// accounts by their alias: O:BAD:(A;;0xf003f;;;BA). Without D: nothing is
// guarded.
func (d Descriptor) String() string {
	d = d.tidy()
	var b strings.Builder
	if !d.Owner.IsZero() {
		b.WriteString("O:" + d.Owner.sddl())
	}
	if !d.Group.IsZero() {
		b.WriteString("G:" + d.Group.sddl())
	}
	if d.DACL != nil {
		b.WriteString("D:")
		printFlags(&b, daclFlagCodes, uint32(d.Control))
		d.DACL.print(&b)
	}
	if d.SACL != nil {
		b.WriteString("S:")
		printFlags(&b, saclFlagCodes, uint32(d.Control))
		d.SACL.print(&b)
	}
	return b.String()
}

func (s SID) sddl() string {
	if p, ok := bySID[s]; ok {
		return p.alias
	}
	return s.String()
}

func (l ACL) print(b *strings.Builder) {
	for _, e := range l {
		b.WriteByte('(')
		for _, t := range aceTypeCodes {
			if t.bits == uint32(e.Type) {
				b.WriteString(t.word)
			}
		}
		b.WriteByte(';')
		printFlags(b, aceFlagCodes, uint32(e.Flags))
		fmt.Fprintf(b, ";0x%x;;;%s)", e.Mask, e.SID.sddl())
	}
}

func printFlags(b *strings.Builder, codes []code, bits uint32) {
	for _, c := range codes {
		if bits&c.bits != 0 {
			b.WriteString(c.word)
		}
	}
}

// ParseSDDL reads a descriptor in SDDL, in any case: owner, group, DACL and
// SACL, each at most once, with plain allowing, denying and auditing entries.
// The error is an *mq.Error with MQ_ERROR_ILLEGAL_SECURITY_DESCRIPTOR.
func ParseSDDL(text string) (Descriptor, error) {
	p := sddlParser{text: text}
	if len(text) > MaxDescriptor {
		return Descriptor{}, p.bad("it has %d characters, at most %d are allowed", len(text), MaxDescriptor)
	}
	p.rest = strings.ToUpper(strings.TrimSpace(text))
	var d Descriptor
	var err error
	seen := ""
	for p.rest != "" && err == nil {
		part := p.rest[:min(2, len(p.rest))]
		if !strings.Contains("O:G:D:S:", part) || len(part) != 2 || part[1] != ':' {
			return Descriptor{}, p.bad("%s stands where O:, G:, D: or S: should begin", mq.Quote(p.rest))
		}
		if strings.Contains(seen, part) {
			return Descriptor{}, p.bad("%s is there twice", part)
		}
		seen += part
		p.rest = p.rest[2:]
		switch part {
		case "O:":
			d.Owner, err = p.sid("O:G:D:S:")
		case "G:":
			d.Group, err = p.sid("O:G:D:S:")
		case "D:":
			if rest, ok := strings.CutPrefix(p.rest, nullDACL); ok {
				p.rest = rest
				break
			}
			d.Control |= uint16(p.flags(daclFlagCodes))
			d.DACL, err = p.acl("DACL", Allow, Deny)
		case "S:":
			d.Control |= uint16(p.flags(saclFlagCodes))
			d.SACL, err = p.acl("SACL", Audit)
		}
	}
	if err != nil {
		return Descriptor{}, err
	}
	return d, nil
}

type sddlParser struct{ text, rest string }

func (p *sddlParser) bad(format string, args ...any) error {
	return refuse("read the SDDL "+mq.Quote(p.text), fmt.Sprintf(format, args...)).
		WithFix("write it as O:BAD:(A;;0xf003f;;;BA)(A;;0x4;;;AN)")
}

// flags reads words as long as there are any.
func (p *sddlParser) flags(codes []code) uint32 {
	var bits uint32
next:
	for {
		for _, c := range codes {
			if rest, ok := strings.CutPrefix(p.rest, c.word); ok {
				bits |= c.bits
				p.rest = rest
				continue next
			}
		}
		return bits
	}
}

// sid reads a SID or an alias that ends where the text does or one of the
// two-letter parts begins.
func (p *sddlParser) sid(parts string) (SID, error) {
	end := len(p.rest)
	if colon := strings.IndexByte(p.rest, ':'); colon > 0 && strings.Contains(parts, p.rest[colon-1:colon+1]) {
		end = colon - 1
	}
	word := p.rest[:end]
	p.rest = p.rest[end:]
	return p.principal(word)
}

func (p *sddlParser) principal(word string) (SID, error) {
	if s, ok := byAlias[word]; ok {
		return s, nil
	}
	if len(word) == 2 && strings.Contains(domainAliases, word) {
		return SID{}, p.bad("%s means an account of a domain, and which domain is not said; write its SID", word)
	}
	s, err := ParseSID(word)
	if err != nil {
		return SID{}, p.bad("%s is no SID and no known alias", mq.Quote(word))
	}
	return s, nil
}

func (p *sddlParser) acl(name string, types ...ACEType) (ACL, error) {
	list := ACL{}
	size := aclHeader
	for strings.HasPrefix(p.rest, "(") {
		body, rest, ok := strings.Cut(p.rest[1:], ")")
		if !ok {
			return nil, p.bad("the last entry of the %s has no closing bracket", name)
		}
		e, err := p.ace(body, name, types)
		if err != nil {
			return nil, err
		}
		if size += e.size(); size > maxACL {
			return nil, p.bad("the %s has more entries than %d bytes hold", name, maxACL)
		}
		list = append(list, e)
		p.rest = rest
	}
	return list, nil
}

func (p *sddlParser) ace(body, name string, types []ACEType) (ACE, error) {
	fields := strings.SplitN(body, ";", 7)
	if len(fields) != 6 {
		return ACE{}, p.bad("the entry %s has not the six parts type;flags;rights;;;account", mq.Quote(body))
	}
	if fields[3] != "" || fields[4] != "" {
		return ACE{}, p.bad("the entry %s is for a kind of object, which queues do not have", mq.Quote(body))
	}
	var e ACE
	found := false
	for _, t := range aceTypeCodes {
		if t.word == fields[0] && oneOf(ACEType(t.bits), types) {
			e.Type, found = ACEType(t.bits), true
		}
	}
	if !found {
		return ACE{}, p.bad("%s is no type of entry in a %s of MSMQ", mq.Quote(fields[0]), name)
	}
	flags := sddlParser{text: p.text, rest: fields[1]}
	if e.Flags = uint8(flags.flags(aceFlagCodes)); flags.rest != "" {
		return ACE{}, p.bad("%s are no flags of an entry", mq.Quote(fields[1]))
	}
	var err error
	if e.Mask, err = p.rights(fields[2]); err != nil {
		return ACE{}, err
	}
	e.SID, err = p.principal(fields[5])
	return e, err
}

// rights reads letters, or a number in C's notation.
func (p *sddlParser) rights(s string) (uint32, error) {
	if s != "" && s[0] >= '0' && s[0] <= '9' {
		n, err := strconv.ParseUint(s, 0, 32)
		if err != nil || strings.Contains(s, "_") || strings.HasPrefix(s, "0B") || strings.HasPrefix(s, "0O") {
			return 0, p.bad("%s is no number of 32 bits", mq.Quote(s))
		}
		return uint32(n), nil
	}
	letters := sddlParser{text: p.text, rest: s}
	mask := letters.flags(rightCodes)
	if letters.rest != "" {
		return 0, p.bad("%s are no rights", mq.Quote(s))
	}
	return mask, nil
}
