package krb5

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/oiweiwei/gokrb5.fork/v9/config"
	"github.com/oiweiwei/gokrb5.fork/v9/crypto"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/flags"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/keyusage"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/nametype"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/patype"
	"github.com/oiweiwei/gokrb5.fork/v9/messages"
	"github.com/oiweiwei/gokrb5.fork/v9/types"
)

// maxReferrals is how many realms are gone through.
const maxReferrals = 8

// askFor gets a ticket for a service from the KDC of its realm, or of the user's, which
// refers to others (RFC 4120 3.3, RFC 6806 8).
func askFor(ctx context.Context, conf *config.Config, granting ticket, service types.PrincipalName, realm string) (ticket, error) {
	at := granting.realm
	if realm != "" && realm != at {
		var err error
		if granting, err = exchange(ctx, conf, granting, at, grantingName(realm)); err != nil {
			return ticket{}, err
		}
		at = granting.ticket.SName.NameString[1]
	}
	for range maxReferrals {
		t, err := exchange(ctx, conf, granting, at, service)
		if err != nil {
			return ticket{}, err
		}
		name := t.ticket.SName.NameString
		if !strings.EqualFold(name[0], "krbtgt") {
			return t, checkKey(t.key)
		}
		if len(name) != 2 || name[1] == at {
			break
		}
		granting, at = t, name[1]
	}
	return ticket{}, refused("the KDCs refer from realm to realm, the last one was %s", at).
		WithFix("say in krb5.conf ([domain_realm]) which realm the computer is in")
}

func grantingName(realm string) types.PrincipalName {
	return types.PrincipalName{NameType: nametype.KRB_NT_SRV_INST, NameString: []string{"krbtgt", realm}}
}

// exchange asks the KDC of a realm for a ticket (RFC 4120 3.3).
func exchange(ctx context.Context, conf *config.Config, granting ticket, realm string, service types.PrincipalName) (ticket, error) {
	conf.LibDefaults.DefaultTGSEnctypeIDs = nil
	for _, a := range accepted {
		conf.LibDefaults.DefaultTGSEnctypeIDs = append(conf.LibDefaults.DefaultTGSEnctypeIDs, a.id)
	}
	req, err := messages.NewTGSReq(granting.client, realm, conf, granting.ticket, granting.key, service, false)
	if err == nil {
		err = present(&req, granting)
	}
	if err != nil {
		return ticket{}, broken("the request to the KDC: %w", err)
	}
	b, err := req.Marshal()
	if err != nil {
		return ticket{}, broken("the request to the KDC: %w", err)
	}
	if b, err = send(ctx, conf, realm, b); err != nil {
		return ticket{}, unreachable(realm, err)
	}
	if len(b) > 0 && b[0] == tagError {
		return ticket{}, answered(b)
	}
	var rep messages.TGSRep
	if err = rep.Unmarshal(b); err == nil {
		if err = rep.DecryptEncPart(granting.key); err == nil {
			_, err = rep.Verify(conf, req)
		}
	}
	if err != nil {
		if strings.Contains(err.Error(), "clock skew") {
			return ticket{}, refused("the clocks of this computer and of the KDC differ too much: %w", err).WithFix("set them")
		}
		return ticket{}, refused("the answer of the KDC is not what was asked for: %w", err).WithFix("find out who sits between this computer and the KDC")
	}
	part := rep.DecryptedEncPart
	if types.IsFlagSet(&part.Flags, flags.Invalid) {
		return ticket{}, refused("the ticket for %s does not hold yet", service.PrincipalNameString()).WithFix("get tickets that hold from now on: kinit")
	}
	return ticket{client: granting.client, realm: granting.realm, ticket: rep.Ticket, key: part.Key, ends: part.EndTime}, nil
}

// present shows the ticket that a request is made with (RFC 4120 5.2.7.1). The library
// takes the realm of the ticket for the user's, which it is not after two referrals.
func present(req *messages.TGSReq, granting ticket) error {
	body, err := req.ReqBody.Marshal()
	if err != nil {
		return err
	}
	kind, err := crypto.GetEtype(granting.key.KeyType)
	if err != nil {
		return err
	}
	sum, err := kind.GetChecksumHash(granting.key.KeyValue, body, keyusage.TGS_REQ_PA_TGS_REQ_AP_REQ_AUTHENTICATOR_CHKSUM)
	if err != nil {
		return err
	}
	a, err := types.NewAuthenticator(granting.realm, granting.client)
	if err != nil {
		return err
	}
	a.Cksum = types.Checksum{CksumType: kind.GetHashID(), Checksum: sum}
	ap, err := messages.NewAPReq(granting.ticket, granting.key, a)
	if err != nil {
		return err
	}
	b, err := ap.Marshal()
	req.PAData = types.PADataSequence{{PADataType: patype.PA_TGS_REQ, PADataValue: b}}
	return err
}

// Limits of what a KDC is given.
const (
	kdcTimeout = 5 * time.Second // each
	maxReply   = 1 << 20
)

// send sends a request to the KDCs of a realm by TCP, one after another until one
// answers (RFC 4120 7.2.2).
func send(ctx context.Context, conf *config.Config, realm string, request []byte) ([]byte, error) {
	_, kdcs, err := conf.GetKDCs(realm, true)
	if err != nil {
		return nil, err
	}
	var failed []error
	for i := 1; i <= len(kdcs); i++ { // that is how the library counts them
		reply, err := sendTo(ctx, kdcs[i], request)
		if err == nil {
			return reply, nil
		}
		failed = append(failed, err)
	}
	return nil, errors.Join(failed...)
}

func sendTo(ctx context.Context, address string, request []byte) ([]byte, error) {
	ctx, stop := context.WithTimeout(ctx, kdcTimeout)
	defer stop()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	end, _ := ctx.Deadline()
	_ = conn.SetDeadline(end)
	if _, err := conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(request))), request...)); err != nil { //nolint:gosec // it is small
		return nil, err
	}
	var size [4]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	n := binary.BigEndian.Uint32(size[:])
	if n == 0 || n > maxReply {
		return nil, fmt.Errorf("%s answers with %d bytes", address, n)
	}
	reply := make([]byte, n)
	if _, err = io.ReadFull(conn, reply); err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return reply, nil
}
