package transport

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"

	"posthouse/localqm/mq"
	"posthouse/localqm/session"
)

// Windows Sockets errors as HRESULTs, what PROPID_MGMT_QUEUE_CONNECTION_HISTORY
// gives as Error (MS-MQMQ 2.3.12.25; MS-ERREF 2.1, facility WIN32).
const (
	hrNetUnreachable  mq.HResult = 0x80072743
	hrConnReset       mq.HResult = 0x80072746
	hrTimedOut        mq.HResult = 0x8007274C
	hrConnRefused     mq.HResult = 0x8007274D
	hrHostUnreachable mq.HResult = 0x80072751
	hrHostNotFound    mq.HResult = 0x80072AF9
)

// failure tells why a connection did not come about or ended.
type failure struct {
	status  mq.ConnectionStatus
	code    mq.HResult
	address string
	why     string // plain words
}

// connectFailure puts an error of connecting to a host, or of its session, into
// words.
func connectFailure(at netip.AddrPort, status mq.ConnectionStatus, err error) failure {
	f := failure{status: status, code: mq.ErrGeneric, address: at.Addr().String()}
	ip, port := f.address, at.Port()
	var code syscall.Errno
	errors.As(err, &code)
	switch {
	case status == mq.ConnPingFailure:
		f.code = hrTimedOut
		f.why = fmt.Sprintf("%s refuses connections: its queue manager answers the ping and says so. It has too many of them.", ip)
	case errors.Is(err, session.ErrMalformed):
		f.why = fmt.Sprintf("%s answers on port %d, but not as a queue manager does. Another program listens there.", ip, port)
	case errors.Is(err, session.ErrLate):
		f.code = hrTimedOut
		f.why = fmt.Sprintf("%s took the connection on port %d and said nothing more. Its queue manager hangs, or another program listens there.", ip, port)
	case errors.Is(err, session.ErrRefused):
		f.code = hrConnRefused
		f.why = fmt.Sprintf("The queue manager at %s refused: it is another one than these messages are for.", ip)
	case status == mq.ConnRefused:
		f.code = hrConnRefused
		f.why = fmt.Sprintf("%s closed the connection instead of answering: it has too many of them, or no queue manager listens on port %d.", ip, port)
	case code == errRefused:
		f.code = hrConnRefused
		f.why = fmt.Sprintf("%s answers, but nothing listens on port %d. The queue manager there is most likely stopped or works offline; "+
			"a hardened one takes messages by HTTP only.", ip, port)
	case code == errUnreachable:
		f.code = hrHostUnreachable
		f.why = fmt.Sprintf("No computer was found at %s. It is switched off, or its address has changed.", ip)
	case code == errNoNetwork || code == errNotOurs:
		f.code = hrNetUnreachable
		f.why = fmt.Sprintf("There is no way to %s from here. This computer has no line, or is not on that network.", ip)
	case errors.Is(err, os.ErrDeadlineExceeded) || isTimeout(err):
		f.code = hrTimedOut
		if status == mq.ConnConnectSocketFailure {
			f.why = fmt.Sprintf("%s does not answer on port %d. It is switched off, or a firewall drops what is sent to that port.", ip, port)
			break
		}
		f.why = fmt.Sprintf("%s was connected, but did not answer in time.", ip)
	case code == errReset || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		f.code = hrConnReset
		f.why = fmt.Sprintf("%s closed the connection.", ip)
	default:
		f.why = fmt.Sprintf("%s: %v.", ip, err)
	}
	return f
}

// resolveFailure puts a name that was not found into words.
func resolveFailure(name string, err error) failure {
	f := failure{status: mq.ConnDNSFailure, code: hrHostNotFound}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsTimeout:
		f.why = fmt.Sprintf("The address of %s was asked, but no name server answered. There may be no line.", name)
	case errors.As(err, &dns) && dns.IsNotFound:
		f.why = fmt.Sprintf("No computer of the name %s is known. Check its spelling, or the name server.", name)
	default:
		f.why = fmt.Sprintf("The address of %s could not be found: %v.", name, err)
	}
	return f
}

// unknownFailure tells that a queue manager known by its identifier has no
// address yet.
func unknownFailure(id mq.GUID, name string) failure {
	if name == id.String() {
		name = "the queue manager " + name
	}
	return failure{
		status: mq.ConnNoRoutingData, code: mq.ErrNoDS,
		why: fmt.Sprintf("The address of %s is not known. It is learned when that one connects.", name),
	}
}

// unroutedFailure tells why the Router has no way to a destination.
func unroutedFailure(to mq.FormatName, err error) failure {
	f := failure{
		status: mq.ConnNoRoutingData, code: mq.ErrNoDS,
		why: fmt.Sprintf("No way leads to %s: the directory knows of no next hop.", to),
	}
	if err != nil {
		f.why = fmt.Sprintf("No way is known to %s: %v", to, err)
	}
	return f
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
