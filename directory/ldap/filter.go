package ldap

import (
	"encoding/hex"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"

	"posthouse/localqm/mq"
)

// Filters are made by these functions only, so that no value can change their meaning
// (RFC 4515 3).

// anything fits every object.
const anything = "(objectClass=*)"

// bitAnd is LDAP_MATCHING_RULE_BIT_AND (MS-ADTS 3.1.1.3.4.4.1).
const bitAnd = "1.2.840.113556.1.4.803"

func equal(attribute, value string) string {
	return "(" + attribute + "=" + goldap.EscapeFilter(value) + ")"
}

func equalBytes(attribute string, value []byte) string {
	var b strings.Builder
	b.WriteString("(" + attribute + "=")
	for _, c := range value {
		b.WriteByte('\\')
		b.WriteString(hex.EncodeToString([]byte{c}))
	}
	b.WriteByte(')')
	return b.String()
}

func equalGUID(attribute string, id mq.GUID) string { return equalBytes(attribute, id[:]) }

func atLeast(attribute, value string) string {
	return "(" + attribute + ">=" + goldap.EscapeFilter(value) + ")"
}

func atMost(attribute, value string) string {
	return "(" + attribute + "<=" + goldap.EscapeFilter(value) + ")"
}

func contains(attribute, text string) string {
	return "(" + attribute + "=*" + goldap.EscapeFilter(text) + "*)"
}

func begins(attribute, text string) string {
	return "(" + attribute + "=" + goldap.EscapeFilter(text) + "*)"
}

func present(attribute string) string { return "(" + attribute + "=*)" }

func not(filter string) string { return "(!" + filter + ")" }

func and(filters ...string) string { return set("&", filters) }

func or(filters ...string) string { return set("|", filters) }

func set(op string, filters []string) string {
	if len(filters) == 1 {
		return filters[0]
	}
	return "(" + op + strings.Join(filters, "") + ")"
}
