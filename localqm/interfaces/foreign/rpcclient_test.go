package foreign_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"posthouse/localqm/interfaces"
)

// Samba looks for the mapper at 135, which only root has; and Kerberos needs a name that
// is not in the DNS, which nss_wrapper gives it.
func TestSambaSignsIn(t *testing.T) {
	rpcclient := need(t, "rpcclient")
	wrapper, _ := filepath.Glob("/usr/lib*/*/libnss_wrapper.so")
	more, _ := filepath.Glob("/usr/lib*/libnss_wrapper.so")
	if wrapper = append(wrapper, more...); wrapper == nil {
		missing(t, "libnss_wrapper.so")
	}
	if os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("the mapper's port, 135, needs root")
		}
		t.Skip("the mapper's port, 135, needs root")
	}
	h := start(t, func(o *interfaces.Options) { o.MapperPort = 135 })
	dir := t.TempDir()
	hosts, settings := filepath.Join(dir, "hosts"), filepath.Join(dir, "smb.conf")
	for path, text := range map[string]string{
		hosts: h.Address.String() + " " + host + "\n",
		settings: "[global]\nworkgroup = EXAMPLE\nrealm = " + h.realm.Name + "\nlock directory = " + dir +
			"\nstate directory = " + dir + "\ncache directory = " + dir + "\nprivate dir = " + dir + "\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	byPassword := []string{"--use-kerberos=off", "-U", "EXAMPLE/" + user + "%" + password}
	byTicket := []string{"--use-kerberos=required", "--use-krb5-ccache=" + h.tickets}
	const principal = user + "@EXAMPLE.COM"
	for _, c := range []struct {
		binding string
		sign    []string
		seen    []string
	}{
		{"", byPassword, nil},
		{"[connect]", byPassword, []string{`HUB\alice by NTLM/NTLM`}},
		{"[sign]", byPassword, []string{`HUB\alice by NTLM/NTLM`, "integrity"}},
		{"[seal]", byPassword, []string{`HUB\alice by NTLM/NTLM`, "privacy"}},
		{"[spnego,connect]", byPassword, []string{`HUB\alice by Negotiate/NTLM`}},
		{"[spnego,sign]", byPassword, []string{`HUB\alice by Negotiate/NTLM`, "integrity"}},
		{"[spnego,seal]", byPassword, []string{`HUB\alice by Negotiate/NTLM`, "privacy"}},
		{"[krb5,connect]", byTicket, []string{principal + " by Kerberos/Kerberos"}},
		{"[krb5,sign]", byTicket, []string{principal + " by Kerberos/Kerberos", "integrity"}},
		{"[krb5,seal]", byTicket, []string{principal + " by Kerberos/Kerberos", "privacy"}},
		{"[spnego,krb5,connect]", byTicket, []string{principal + " by Negotiate/Kerberos"}},
		{"[spnego,krb5,sign]", byTicket, []string{principal + " by Negotiate/Kerberos", "integrity"}},
		{"[spnego,krb5,seal]", byTicket, []string{principal + " by Negotiate/Kerberos", "privacy"}},
	} {
		t.Run(c.binding, func(t *testing.T) {
			// What rpcclient has mapped, Samba's own interfaces, is not registered.
			for command, says := range map[string]string{"epmlookup": "Message Queuing - RemoteRead", "epmmap": "0x16C9A0D6"} {
				args := append([]string{"-s", settings, "ncacn_ip_tcp:" + host + c.binding, "-c", command}, c.sign...)
				out, _ := h.run(t, []string{"LD_PRELOAD=" + wrapper[0], "NSS_WRAPPER_HOSTS=" + hosts}, rpcclient, args...)
				if !strings.Contains(out, says) {
					t.Errorf("%s: %s", command, out)
				}
				if seen := h.take(); !slices.Equal(seen, c.seen) {
					t.Errorf("%s: %q", command, seen)
				}
			}
		})
	}
}
