package computers

import (
	"net"
	"strconv"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Check tells what is wrong with what a person wrote.
func Check(c mgmtclient.Computer) error {
	op := "use the computer " + mq.Quote(c.Name)
	wrong := func(why, fix string) error {
		return &mq.Error{Code: mq.ErrInvalidParameter, Op: op, Why: why, Fix: fix}
	}
	if c.Name == "" {
		return wrong("it has no name", "give it one")
	}
	host, port := SplitHost(c.Host())
	if host == "" || strings.ContainsAny(host, "/\\ \t\"'") {
		return wrong(mq.Quote(c.Host())+" is no address", "write a name or an IP address, with :PORT behind it if it listens elsewhere")
	}
	if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0) {
		return wrong(mq.Quote(port)+" is no port", "write a number from 1 to 65535 behind the colon, or none")
	}
	switch c.SignIn {
	case mgmtclient.SignInPassword:
		if c.User == "" {
			return wrong("signing in with a password needs a user", `write NAME or DOMAIN\NAME`)
		}
	case mgmtclient.SignInKerberos, mgmtclient.SignInAnonymous:
	default:
		return wrong(mq.Quote(string(c.SignIn))+" is no way to sign in", "use password, kerberos or anonymous")
	}
	return nil
}

// SplitHost takes HOST[:PORT] apart; an IPv6 address with a port is in brackets.
func SplitHost(s string) (host, port string) {
	if host, port, err := net.SplitHostPort(s); err == nil {
		return host, port
	}
	return strings.Trim(s, "[]"), ""
}
