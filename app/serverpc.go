package app

import (
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"

	"posthouse/localqm"
	"posthouse/localqm/interfaces"
	"posthouse/localqm/rpc/security/accounts"
	"posthouse/localqm/rpc/security/krb5"
	"posthouse/localqm/rpc/security/offer"
	"posthouse/mgmtclient"
)

// manage lets other computers manage a queue manager until the interfaces are
// closed; nil if that is not wanted.
func (n network) manage(qm *localqm.QueueManager, folder string, who *accounts.Store, log *slog.Logger) (*interfaces.Interfaces, error) {
	if len(n.listen) == 0 {
		return nil, nil
	}
	o := offer.Options{Name: qm.Identity().Name, Accounts: who, Anonymous: n.anonymous}
	keytab := n.keytab
	if keytab == "" {
		keytab = filepath.Join(folder, "krb5.keytab")
	}
	if _, err := os.Stat(keytab); err == nil || n.keytab != "" {
		tickets, err := krb5.NewAcceptor(keytab, who, log)
		if err != nil {
			return nil, err
		}
		o.Kerberos = tickets
	}
	port := n.rpcPort
	if port == 0 {
		port = interfaces.Port
	}
	i, err := interfaces.Start(interfaces.Options{
		Manager: qm, Listen: n.listen, Port: port, QMPort: port + interfaces.QMPort - interfaces.Port, MapperPort: n.mapperPort,
		Acceptor: offer.New(o), Anonymous: n.anonymous, Version: Version, Log: log,
	})
	if err != nil && n.modest {
		if log != nil {
			log.Warn("other computers cannot manage this one", "error", err)
		}
		return nil, nil
	}
	return i, err
}

// managed are the addresses that others manage a queue manager at.
func managed(i *interfaces.Interfaces, on []netip.Addr) func() []netip.AddrPort {
	if i == nil {
		return nil
	}
	return func() (at []netip.AddrPort) {
		if port, _ := i.Ports(); port != 0 {
			for _, a := range on {
				at = append(at, netip.AddrPortFrom(a, port))
			}
		}
		return at
	}
}

// accountNames are the accounts that may sign in, for those who read permissions.
type accountNames struct{ *accounts.Store }

func (n accountNames) List() []mgmtclient.Account {
	list, err := n.Store.List()
	if err != nil {
		return nil // SIDs then
	}
	out := make([]mgmtclient.Account, len(list))
	for i, a := range list {
		out[i] = mgmtclient.Account{SID: a.SID.String(), Name: a.Name}
	}
	return out
}
