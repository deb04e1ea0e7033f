package conn

import (
	"net"

	ber "github.com/go-asn1-ber/asn1-ber"
	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/message"
	"posthouse/localqm/mq"
)

// StartTLS is an extended operation (RFC 4511 4.12, 4.14).
const (
	startTLS         = "1.3.6.1.4.1.1466.20037"
	extendedRequest  = der.Tag(0x77)
	requestName      = der.Tag(0x80)
	extendedResponse = 24
)

// askForTLS asks the controller to begin with TLS. It reads no byte behind the answer, so
// nobody can have put something there.
func askForTLS(c net.Conn, controller string) error {
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(extendedRequest, func(b *cryptobyte.Builder) {
			b.AddASN1(requestName, func(b *cryptobyte.Builder) { b.AddBytes([]byte(startTLS)) })
		})
	})
	if _, err := c.Write(b.BytesOrPanic()); err != nil { // of values known here
		return err
	}
	m, err := message.Read(c)
	if err != nil {
		return err
	}
	p, err := ber.DecodePacketErr(m)
	if err != nil {
		return err
	}
	const op = "protect the connection with TLS"
	if len(p.Children) < 2 || p.Children[1].Tag != extendedResponse || len(p.Children[1].Children) < 3 {
		return mq.Errorf(mq.ErrNoDS, op, "the controller answers something else").WithFix("is it a directory? Otherwise use ldaps://")
	}
	result := p.Children[1].Children
	code, ok := result[0].Value.(int64)
	switch {
	case !ok || code < 0 || code > 0xffff:
		return mq.Errorf(mq.ErrNoDS, op, "the controller's answer is damaged").WithFix("is it a directory?")
	case code != 0:
		e := ldap.Refuse(op, &directory.Refusal{Code: uint16(code), Controller: controller, Message: words(result[2].Data.String())})
		return e.WithFix("give the controller a certificate, or sign in with Kerberos, which needs none")
	}
	return nil
}
