package mq

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// formatPrefix marks a format name where a path name could stand
// (System.Messaging).
const formatPrefix = "FormatName:"

// ParseFormatName reads a format name of any kind of MS-MQMQ 2.1.2-2.1.7, the
// prefix FormatName: allowed, case ignored. The error is an *Error with
// MQ_ERROR_ILLEGAL_FORMATNAME.
func ParseFormatName(s string) (FormatName, error) {
	rest, _ := cutWord(s, formatPrefix)
	var list []FormatName
	for more := true; more; {
		var part string
		part, rest, more = strings.Cut(rest, ",")
		f, bad := parseElement(part)
		if bad == nil && !more && list == nil {
			return f, nil
		}
		if bad == nil {
			bad = sendable(f)
		}
		if bad != nil {
			if more || list != nil {
				bad.why = fmt.Sprintf("name %d of the list: %s", len(list)+1, bad.why)
			}
			return FormatName{}, bad.refuse(ErrIllegalFormatName, "format name", s)
		}
		list = append(list, f)
	}
	return Multi(list...), nil
}

// sendable keeps out of a list what nobody can send to (MS-MQMQ 2.1.7).
func sendable(f FormatName) *flaw {
	switch {
	case f.ReadOnly():
		return flawed("%s can only be read", f).try("leave journals and dead-letter queues out of a list")
	case f.Subqueue != "":
		return flawed("%s is a subqueue, and messages are moved there, not sent", f).try("name the queue itself")
	}
	return nil
}

// looksLikeFormatName reports whether s begins as a format name does.
func looksLikeFormatName(s string) bool {
	if _, ok := cutWord(s, formatPrefix); ok {
		return true
	}
	_, _, ok := cutKind(s)
	return ok
}

func cutKind(s string) (Kind, string, bool) {
	for k := KindPublic; k < KindMulti; k++ {
		if rest, ok := cutWord(s, k.String()+"="); ok {
			return k, rest, true
		}
	}
	return KindNone, s, false
}

func parseElement(s string) (FormatName, *flaw) {
	k, rest, ok := cutKind(s)
	if !ok {
		return FormatName{}, flawed("%s begins with none of DIRECT= PUBLIC= PRIVATE= MACHINE= CONNECTOR= MULTICAST= DL=", Quote(s)).
			try(`write for example DIRECT=OS:computer\private$\queue`)
	}
	f := FormatName{Kind: k}
	switch k {
	case KindDirect:
		return parseDirect(rest)
	case KindMulticast:
		return parseMulticast(rest)
	case KindDistribution:
		id, domain, given := strings.Cut(rest, "@")
		f.Address = domain
		if given {
			if bad := checkDomain(domain); bad != nil {
				return FormatName{}, bad
			}
		}
		return withID(f, id)
	}

	id, tail, suffixed := strings.Cut(rest, ";")
	if suffixed {
		f.Suffix = suffixOf(tail)
		if !suffixFits(k, f.Suffix) {
			return FormatName{}, flawed("%s= cannot be followed by ;%s", k, Quote(tail)).try("%s", suffixAdvice(k))
		}
	}
	if k == KindPrivate {
		guid, number, _ := strings.Cut(id, `\`)
		n, err := strconv.ParseUint(number, 16, 32)
		if err != nil || len(number) > 8 {
			return FormatName{}, flawed("the queue number %s is not 1 to 8 hexadecimal digits", Quote(number)).
				try(`write PRIVATE=machine-guid\number, for example ...\0000000d`)
		}
		f.Number, id = uint32(n), guid
	}
	return withID(f, id)
}

func withID(f FormatName, s string) (FormatName, *flaw) {
	g, err := ParseGUID(s)
	if err != nil || len(s) != 36 {
		return FormatName{}, flawed("%s after %s= is not an identifier", Quote(s), f.Kind).
			try("write it as xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx, in hexadecimal digits")
	}
	f.GUID = g
	return f, nil
}

// suffixFits is the table of MS-MQMQ 2.2.7.
func suffixFits(k Kind, x Suffix) bool {
	switch x {
	case SuffixJournal:
		return k == KindPublic || k == KindPrivate || k == KindMachine
	case SuffixDeadLetter, SuffixDeadXact:
		return k == KindMachine
	case SuffixXactOnly:
		return k == KindConnector
	}
	return false
}

func suffixAdvice(k Kind) string {
	switch k {
	case KindMachine:
		return "use ;JOURNAL, ;DEADLETTER or ;DEADXACT"
	case KindConnector:
		return "use ;XACTONLY"
	}
	return `use ;JOURNAL; a subqueue needs DIRECT=OS:computer\private$\queue;subqueue`
}

func checkDomain(s string) *flaw {
	if s == "" || len(s) > MaxDomainName {
		return flawed("the domain after @ has %d characters, 1 to %d are allowed", len(s), MaxDomainName).
			try("write DL=guid@domain, or leave @ out")
	}
	for _, r := range s {
		if r < 0x21 || r > 0x7E || r == ';' {
			return flawed("the domain contains %s", character(r)).try("write the domain's DNS name")
		}
	}
	return nil
}

// parseMulticast reads address:port; the first byte is 224 to 239
// (MS-MQMQ 2.1.6).
func parseMulticast(s string) (FormatName, *flaw) {
	host, port, _ := strings.Cut(s, ":")
	a, err := netip.ParseAddr(host)
	if err != nil || !a.Is4() || !a.IsMulticast() {
		return FormatName{}, flawed("%s is not a multicast address", Quote(host)).
			try("write MULTICAST=224.x.x.x:port, with a first number from 224 to 239")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || strconv.FormatUint(n, 10) != port {
		return FormatName{}, flawed("%s is not a port", Quote(port)).try("write MULTICAST=%s:port, with a port from 0 to 65535", host)
	}
	return Multicast(s), nil
}

// parseDirect reads what follows DIRECT= (MS-MQMQ 2.1.2).
func parseDirect(s string) (FormatName, *flaw) {
	for _, p := range []string{ProtocolTCP, ProtocolOS, ProtocolIPX} {
		rest, ok := cutWord(s, p+":")
		if !ok {
			continue
		}
		address, path, ok := strings.Cut(rest, `\`)
		if !ok {
			return FormatName{}, flawed(`there is no \ between the computer and the queue`).
				try(`write DIRECT=%s:computer\private$\queue`, p)
		}
		address, bad := checkAddress(p, address)
		if bad != nil {
			return FormatName{}, bad
		}
		return directTo(p, address, path)
	}
	for _, p := range []string{ProtocolHTTPS, ProtocolHTTP} {
		if rest, ok := cutWord(s, p+":"); ok {
			return parseHTTP(p, rest)
		}
	}
	name, _, _ := strings.Cut(s, ":")
	return FormatName{}, flawed("%s is no protocol of direct names", Quote(name)).
		try(`write DIRECT=OS:computer\queue or DIRECT=TCP:address\queue; HTTP and HTTPS are the others`)
}

func directTo(protocol, address, path string) (FormatName, *flaw) {
	q, bad := parseQueuePath(path)
	if bad != nil {
		return FormatName{}, bad
	}
	f := Direct(protocol, address, q.queue)
	f.Subqueue, f.Suffix = q.subqueue, q.suffix
	switch {
	case q.system:
		f.Path = SystemPath
	case q.private:
		f.Path = PrivatePrefix + q.queue
	}
	return f, nil
}

// checkAddress returns the address in its canonical form.
func checkAddress(protocol, s string) (string, *flaw) {
	switch protocol {
	case ProtocolTCP:
		t := s
		if len(t) > 2 && t[0] == '[' && t[len(t)-1] == ']' {
			t = t[1 : len(t)-1]
		}
		a, err := netip.ParseAddr(t)
		if err != nil || !plainZone(a) {
			return "", flawed("%s is not an IP address", Quote(s)).try("for a computer name write DIRECT=OS: instead of DIRECT=TCP:")
		}
		return a.String(), nil
	case ProtocolIPX:
		network, node, _ := strings.Cut(s, ":")
		if !hexDigits(network, 8) || !hexDigits(node, 12) {
			return "", flawed("%s is not an IPX address", Quote(s)).try("write network:node, 8 and 12 hexadecimal digits")
		}
		return strings.ToLower(s), nil
	}
	return s, checkComputer(s)
}

func hexDigits(s string, n int) bool {
	_, err := strconv.ParseUint(s, 16, 64)
	return len(s) == n && err == nil
}

// parseHTTP reads //host[:port]/msmq/path; both slashes do, as the ABNF has \
// and everybody writes /.
func parseHTTP(protocol, s string) (FormatName, *flaw) {
	advice := "write DIRECT=" + protocol + "://computer/msmq/private$/queue"
	s, ok := strings.CutPrefix(s, "//")
	at := strings.IndexAny(s, `/\`)
	if !ok || at < 0 {
		return FormatName{}, flawed("the address is not //computer/msmq/").try("%s", advice)
	}
	host, bad := checkHTTPHost(s[:at])
	if bad != nil {
		return FormatName{}, bad
	}
	path, ok := cutWord(s[at+1:], "msmq")
	if !ok || path == "" || path[0] != '/' && path[0] != '\\' {
		return FormatName{}, flawed("the address is not followed by /msmq/").try("%s", advice)
	}
	path = path[1:]
	if rest, ok := cutWord(path, privateWord+"/"); ok {
		path = PrivatePrefix + rest
	}
	return directTo(protocol, host, path)
}

func checkHTTPHost(s string) (string, *flaw) {
	host, port := s, ""
	if at := strings.LastIndexByte(s, ':'); at >= 0 && !strings.HasSuffix(s, "]") {
		host, port = s[:at], s[at+1:]
		if port != "" {
			n, err := strconv.ParseUint(port, 10, 16)
			if err != nil {
				return "", flawed("%s is not a port", Quote(port)).try("give a port from 0 to 65535, or none")
			}
			port = ":" + strconv.FormatUint(n, 10)
		}
	}
	if strings.HasPrefix(host, "[") {
		a, err := netip.ParseAddr(strings.TrimSuffix(host[1:], "]"))
		if err != nil || !plainZone(a) || !strings.HasSuffix(host, "]") {
			return "", flawed("%s is not an IPv6 address", Quote(host)).try("write [address]")
		}
		return "[" + a.String() + "]" + port, nil
	}
	if strings.Contains(host, ":") {
		return "", flawed("the IPv6 address %s has no brackets", Quote(s)).try("write [address] or [address]:port")
	}
	return host + port, checkComputer(host)
}
