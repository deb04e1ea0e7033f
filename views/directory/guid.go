package directory

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"posthouse/localqm/mq"
)

// readGUID lists what a GUID, written in any of the forms people come across, may
// mean, the likelier first: with or without braces and dashes, as a format name, and
// the sixteen octets of objectGUID as LDAP tools print them (\c6\40..., base64), which
// are in wire order. Plain digits may be either.
func readGUID(text string) []mq.GUID {
	t := strings.TrimSpace(text)
	if f, err := mq.ParseFormatName(t); err == nil && !f.GUID.IsZero() {
		return []mq.GUID{f.GUID}
	}
	t = strings.TrimPrefix(strings.ToLower(t), "urn:uuid:")
	if g, err := mq.ParseGUID(t); err == nil {
		return []mq.GUID{g}
	}
	if g, ok := wireGUID(text); ok {
		return []mq.GUID{g}
	}
	t = strings.Trim(t, "{}()")
	raw, err := hex.DecodeString(strings.NewReplacer("-", "", " ", "", ":", "").Replace(t))
	if err != nil || len(raw) != 16 {
		return nil
	}
	wire := mq.GUID(raw)
	typed, err := mq.ParseGUID(dashed(hex.EncodeToString(raw)))
	if err != nil {
		return nil
	}
	list := []mq.GUID{typed, wire}
	slices.SortStableFunc(list, func(a, b mq.GUID) int { return rank(a) - rank(b) })
	return slices.Compact(list)
}

// wireGUID reads octets in wire order, in the forms that mean nothing else.
func wireGUID(text string) (mq.GUID, bool) {
	t := strings.TrimSpace(text)
	switch {
	case strings.Contains(t, `\`):
		t = strings.ReplaceAll(t, `\`, "")
	case strings.HasPrefix(strings.ToLower(t), "0x"):
		t = t[2:]
	default:
		raw, err := base64.StdEncoding.DecodeString(t)
		if err != nil || len(raw) != 16 {
			return mq.GUID{}, false
		}
		return mq.GUID(raw), true
	}
	raw, err := hex.DecodeString(t)
	if err != nil || len(raw) != 16 {
		return mq.GUID{}, false
	}
	return mq.GUID(raw), true
}

func dashed(digits string) string {
	return digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:]
}

// rank is 0 for a GUID of random numbers, as directories make them, 1 for one of time
// and place, as old queue managers did (RFC 4122 4.1.1 and 4.1.3), else 2.
func rank(g mq.GUID) int {
	switch variant, version := g[8]&0xc0, g[7]>>4; {
	case variant == 0x80 && version == 4:
		return 0
	case variant == 0x80 && version == 1:
		return 1
	}
	return 2
}
