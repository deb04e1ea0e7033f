package ldap

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
	"unicode"
	"unicode/utf16"

	goldap "github.com/go-ldap/ldap/v3"

	"posthouse/localqm/mq"
)

// Child is the distinguished name of CN=name below parent, whatever is in name
// (RFC 4514 2.4).
func Child(name, parent string) string { return "CN=" + EscapeName(name) + "," + parent }

// EscapeName is a value in a distinguished name. Equals signs and control characters
// are escaped too, which RFC 4514 allows and Samba wants.
func EscapeName(name string) string {
	s := strings.ReplaceAll(goldap.EscapeDN(name), "=", `\=`)
	if !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == 0x7F {
			fmt.Fprintf(&b, `\%02x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Element is the value of part i of a distinguished name, 0 being the object's own
// name, with nothing escaped; "" if there is none.
func Element(dn string, i int) string {
	part := Ancestor(dn, i)
	if rest := Ancestor(part, 1); rest != "" {
		part = strings.TrimRight(part[:len(part)-len(rest)], " ")
		part = strings.TrimSuffix(part, ",")
	}
	if !strings.ContainsAny(part, `\+`) {
		_, value, _ := strings.Cut(part, "=")
		return strings.Trim(value, " ")
	}
	d, err := goldap.ParseDN(part)
	if err != nil || len(d.RDNs) == 0 || len(d.RDNs[0].Attributes) == 0 {
		return ""
	}
	return d.RDNs[0].Attributes[0].Value
}

// Ancestor is dn without its first n parts, as it is written there.
func Ancestor(dn string, n int) string {
	for i := 0; n > 0; i++ {
		switch {
		case i >= len(dn):
			return ""
		case dn[i] == '\\':
			i++
		case dn[i] == ',':
			dn, i = strings.TrimLeft(dn[i+1:], " "), -1
			n--
		}
	}
	return dn
}

// Key is the same for names of the same object: letter case, spaces and the ways of
// escaping are made equal. A name that cannot be read has itself.
func Key(dn string) string {
	if plain(dn) {
		return Fold(dn)
	}
	d, err := goldap.ParseDN(dn)
	if err != nil {
		return strings.ToLower(dn)
	}
	var b strings.Builder
	for i, r := range d.RDNs {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, a := range r.Attributes {
			if j > 0 {
				b.WriteByte('+')
			}
			b.WriteString(strings.ToLower(a.Type))
			b.WriteByte('=')
			b.WriteString(goldap.EscapeDN(Fold(a.Value)))
		}
	}
	return b.String()
}

// plain reports whether a name is written in the one usual way.
func plain(dn string) bool {
	for i := range len(dn) {
		switch dn[i] {
		case '\\', '"', '+', '#', '<', '>', ';', 0:
			return false
		case ' ':
			if i == 0 || i == len(dn)-1 || strings.IndexByte(",=", dn[i-1]) >= 0 || strings.IndexByte(",=", dn[i+1]) >= 0 {
				return false
			}
		}
	}
	return true
}

// Fold makes texts equal that a directory takes for the same.
func Fold(s string) string { return strings.ToLower(s) }

// CheckDN says what is wrong with a distinguished name that somebody wrote.
func CheckDN(dn string) error {
	d, err := goldap.ParseDN(dn)
	if err == nil && len(d.RDNs) > 0 {
		return nil
	}
	return mq.Errorf(mq.ErrInvalidParameter, "read the distinguished name "+mq.Quote(dn), "it is not one").
		WithFix("write it as CN=name,CN=container,DC=domain,DC=example")
}

// isDeleted tells names of objects that were deleted, which values may still have
// (MS-ADTS 3.1.1.5.5).
func isDeleted(dn string) bool {
	return strings.Contains(dn, `\0ADEL:`) || strings.Contains(dn, "\nDEL:")
}

// guidBase is a search base that finds an object by its GUID in whatever partition a
// controller has (MS-ADTS 3.1.1.3.1.2.4).
func guidBase(id mq.GUID) string { return "<GUID=" + id.String() + ">" }

// LinkName is the cn of the routing link between two sites: the hexadecimal digits of
// both (MS-MQDSSM 3.1.6.1.4.2).
func LinkName(site1, site2 mq.GUID) string {
	return strings.ReplaceAll(site1.String()+site2.String(), "-", "")
}

// Lengths of the name of a queue (MS-MQDSSM 3.1.6.1.2.5), in UTF-16 units.
const (
	wholeName = 63 // longest that is a cn as it is
	cutName   = 55 // units of a longer one in the cn, before the dash and the hash
	hashTail  = 9
)

// splitQueueName is the cn of a queue and what of its name is in mSMQQueueNameExt
// (MS-MQDSSM 3.1.6.1.2.5).
func splitQueueName(name string) (cn, rest string) {
	u := utf16.Encode([]rune(name))
	if len(u) <= wholeName {
		return name, ""
	}
	cut := cutName
	if utf16.IsSurrogate(rune(u[cut-1])) && utf16.IsSurrogate(rune(u[cut])) && u[cut-1] < 0xDC00 {
		cut-- // a character is never cut in two
	}
	return string(utf16.Decode(u[:cut])) + "-" + nameHash(name), string(utf16.Decode(u[cut:]))
}

// joinQueueName is the name of a queue from its cn and mSMQQueueNameExt (MS-MQDSSM
// 3.1.6.11.2.1).
func joinQueueName(cn, rest string) string {
	if rest == "" || len(cn) < hashTail || cn[len(cn)-hashTail] != '-' {
		return cn
	}
	return cn[:len(cn)-hashTail] + rest
}

// nameTable is the table of MS-MQDSSM 2.2.5: it is that of a CRC-32 with this
// polynomial, which is its entry 128.
var nameTable = crc32.MakeTable(0x9B619023)

// nameHash is the hash string of a queue's name (MS-MQDSSM 2.2.5): a CRC-32 that begins
// at 0, over the small letters, the high byte of each first.
func nameHash(name string) string {
	var b bytes.Buffer
	for _, r := range name {
		for _, u := range utf16.Encode([]rune{unicode.ToLower(r)}) {
			_ = binary.Write(&b, binary.BigEndian, u)
		}
	}
	const zero = 0xFFFFFFFF // crc32 inverts before and after
	return fmt.Sprintf("%08x", ^crc32.Update(zero, nameTable, b.Bytes()))
}

// netBIOS is the account name of a computer.
func accountName(computer string) string { return computer + "$" }
