package krb5

import (
	"context"
	"slices"
	"strings"

	"github.com/oiweiwei/gokrb5.fork/v9/config"
	"github.com/oiweiwei/gokrb5.fork/v9/credentials"
	"github.com/oiweiwei/gokrb5.fork/v9/crypto"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/errorcode"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/keyusage"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/nametype"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/patype"
	"github.com/oiweiwei/gokrb5.fork/v9/messages"
	"github.com/oiweiwei/gokrb5.fork/v9/types"

	"posthouse/localqm/mq"
)

// ownName reports whether somebody else signs in than the tickets of a cache are for.
func (o InitiatorOptions) ownName() bool { return o.Principal != "" || o.Keytab != "" }

// config is krb5.conf, with the KDCs of the options.
func (o InitiatorOptions) config() (configuration, error) {
	conf, err := loadConfig(o.Config)
	if err != nil || o.KDCs == nil {
		return conf, err
	}
	realm := strings.ToUpper(o.Realm)
	conf.Realms = append([]config.Realm{{Realm: realm, KDC: o.KDCs}},
		slices.DeleteFunc(conf.Realms, func(r config.Realm) bool { return r.Realm == realm })...)
	return conf, nil
}

// credentials are the name and the secret that get the first ticket.
func (o InitiatorOptions) credentials(conf configuration) (*credentials.Credentials, error) {
	name, realm := o.Principal, o.Realm
	if at := strings.LastIndexByte(name, '@'); at >= 0 {
		name, realm = name[:at], name[at+1:]
	}
	var table *keys
	if o.Password == "" {
		if o.Keytab == "" {
			return nil, refused("there is neither a password nor a keytab for %s", mq.Quote(name)).WithFix("give one of them")
		}
		var err error
		if table, err = openKeys(o.Keytab, nil); err != nil {
			return nil, err
		}
		if name == "" {
			first := table.table.Entries[0].Principal
			name, realm = strings.Join(first.Components, "/"), first.Realm
		}
	}
	if realm == "" {
		realm = conf.LibDefaults.DefaultRealm
	}
	if realm == "" {
		return nil, refused("the realm of %s is not known", mq.Quote(name)).WithFix("write it with the name: NAME@REALM")
	}
	who := credentials.New(name, strings.ToUpper(realm)) // AD has them in capitals, whoever writes them
	if table != nil {
		return who.WithKeytab(table.table), nil
	}
	return who.WithPassword(o.Password), nil
}

// login is the ticket that others are got with, from the KDC if the last one has
// expired (RFC 4120 3.1).
func (i *Initiator) login(ctx context.Context, conf configuration) (ticket, error) {
	i.mu.Lock()
	t := i.granting
	i.mu.Unlock()
	if t.holds() {
		return t, nil
	}
	who, err := i.options.credentials(conf)
	if err != nil {
		return ticket{}, err
	}
	if t, err = authenticate(ctx, conf.Config, who); err != nil {
		return ticket{}, err
	}
	i.mu.Lock()
	i.granting = t
	i.mu.Unlock()
	return t, nil
}

// authenticate asks the KDC for a first ticket; it answers what proof it wants, which is
// then sent with the same question (RFC 4120 5.2.7.2).
func authenticate(ctx context.Context, conf *config.Config, who *credentials.Credentials) (ticket, error) {
	conf.LibDefaults.DefaultTktEnctypeIDs = nil
	for _, a := range accepted {
		conf.LibDefaults.DefaultTktEnctypeIDs = append(conf.LibDefaults.DefaultTktEnctypeIDs, a.id)
	}
	conf.LibDefaults.Canonicalize = false // the library wants the name back as it was sent
	defer func() { conf.LibDefaults.Canonicalize = true }()
	name := types.PrincipalName{NameType: nametype.KRB_NT_PRINCIPAL, NameString: strings.Split(who.UserName(), "/")}
	req, err := messages.NewASReqForTGT(who.Domain(), conf, name)
	if err != nil {
		return ticket{}, broken("the request to the KDC: %w", err)
	}
	b, err := ask(ctx, conf, who.Domain(), &req)
	if err != nil {
		return ticket{}, err
	}
	if len(b) > 0 && b[0] == tagError {
		var e messages.KRBError
		if err := e.Unmarshal(b); err != nil {
			return ticket{}, broken("an answer is damaged: %w", err)
		}
		if e.ErrorCode != errorcode.KDC_ERR_PREAUTH_REQUIRED {
			return ticket{}, told(e)
		}
		if req.PAData, err = proof(e.EData, name, who); err != nil {
			return ticket{}, err
		}
		if b, err = ask(ctx, conf, who.Domain(), &req); err != nil {
			return ticket{}, err
		}
		if len(b) > 0 && b[0] == tagError {
			return ticket{}, answered(b)
		}
	}
	var rep messages.ASRep
	if err = rep.Unmarshal(b); err == nil {
		_, err = rep.Verify(conf, who, req)
	}
	if err != nil {
		if strings.Contains(err.Error(), "clock skew") {
			return ticket{}, refused("the clocks of this computer and of the KDC differ too much: %w", err).WithFix("set them")
		}
		return ticket{}, refused("name, password or key is wrong: the answer of the KDC does not open: %w", err).WithFix("check them; after a change of the password, make the keytab anew")
	}
	part := rep.DecryptedEncPart
	return ticket{client: rep.CName, realm: rep.CRealm, ticket: rep.Ticket, key: part.Key, ends: part.EndTime}, nil
}

func ask(ctx context.Context, conf *config.Config, realm string, req *messages.ASReq) ([]byte, error) {
	b, err := req.Marshal()
	if err != nil {
		return nil, broken("the request to the KDC: %w", err)
	}
	if b, err = send(ctx, conf, realm, b); err != nil {
		return nil, unreachable(realm, err)
	}
	return b, nil
}

// proof is the time, encrypted with the key of the user, of a kind that the KDC has
// named (RFC 4120 5.2.7.5); the best of them is the first.
func proof(hints []byte, name types.PrincipalName, who *credentials.Credentials) (types.PADataSequence, error) {
	var offered types.PADataSequence
	if err := offered.Unmarshal(hints); err != nil {
		return nil, broken("an answer is damaged: %w", err)
	}
	kind, ok := kindOf(offered)
	if !ok {
		return nil, refused("the domain has no AES keys for %s", mq.Quote(who.UserName())).
			WithFix("set the password anew, and allow AES for the account (msDS-SupportedEncryptionTypes 0x18)")
	}
	var key types.EncryptionKey
	var version int
	var err error
	if who.HasPassword() {
		key, _, err = crypto.GetKeyFromPassword(who.Password(), name, who.Domain(), kind, offered)
	} else {
		key, version, err = who.Keytab().GetEncryptionKey(name, who.Domain(), 0, kind)
	}
	if err != nil {
		return nil, refused("there is no key of %s of encryption type %d: %w", mq.Quote(who.UserName()), kind, err).
			WithFix("look at the keytab with klist -ke, or make it anew")
	}
	now, err := types.GetPAEncTSEncAsnMarshalled()
	if err == nil {
		var sealed types.EncryptedData
		if sealed, err = crypto.GetEncryptedData(now, key, keyusage.AS_REQ_PA_ENC_TIMESTAMP, version); err == nil {
			now, err = sealed.Marshal()
		}
	}
	if err != nil {
		return nil, broken("the request to the KDC: %w", err)
	}
	return types.PADataSequence{{PADataType: patype.PA_ENC_TIMESTAMP, PADataValue: now}}, nil
}

// kindOf is the first kind of key in ETYPE-INFO2 that is accepted here.
func kindOf(offered types.PADataSequence) (int32, bool) {
	for _, pa := range offered {
		if pa.PADataType != patype.PA_ETYPE_INFO2 {
			continue
		}
		info, err := pa.GetETypeInfo2()
		if err != nil {
			return 0, false
		}
		for _, e := range info {
			if slices.ContainsFunc(accepted, func(a encryption) bool { return a.id == e.EType }) {
				return e.EType, true
			}
		}
	}
	return 0, false
}
