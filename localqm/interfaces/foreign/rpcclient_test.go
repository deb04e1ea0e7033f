package foreign_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"posthouse/localqm/interfaces"
	"posthouse/localqm/rpc/security/krb5/kdctest"
)

// samba is rpcclient and a queue manager for it. It looks for the mapper at 135, which
// only root has, and for Kerberos it needs a name that is not in the DNS, which
// nss_wrapper gives it.
type samba struct {
	*hub
	path string
	env  []string
	args []string
}

func startSamba(t *testing.T, realm kdctest.Options) *samba {
	t.Helper()
	s := &samba{path: need(t, "rpcclient")}
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
	s.hub = start(t, realm, func(o *interfaces.Options) { o.MapperPort = 135 })
	dir := t.TempDir()
	hosts, settings := filepath.Join(dir, "hosts"), filepath.Join(dir, "smb.conf")
	for path, text := range map[string]string{
		hosts: s.Address.String() + " " + host + "\n",
		settings: "[global]\nworkgroup = EXAMPLE\nrealm = " + s.realm.Name + "\nlock directory = " + dir +
			"\nstate directory = " + dir + "\ncache directory = " + dir + "\nprivate dir = " + dir + "\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.env = []string{"LD_PRELOAD=" + wrapper[0], "NSS_WRAPPER_HOSTS=" + hosts}
	s.args = []string{"-s", settings}
	return s
}

// calls looks up all interfaces, and maps one of Samba's own, which is not registered.
// seen is how it signs in, and what it protects then.
func (s *samba) calls(t *testing.T, binding string, signIn, seen []string) {
	t.Helper()
	for command, says := range map[string]string{"epmlookup": "Message Queuing - RemoteRead", "epmmap": "0x16C9A0D6"} {
		args := slices.Concat(s.args, []string{"ncacn_ip_tcp:" + host + binding, "-c", command}, signIn)
		out, _ := s.run(t, s.env, s.path, args...)
		if !strings.Contains(out, says) {
			t.Errorf("%s: %s", command, out)
		}
		if got := s.take(); !slices.Equal(got, seen) {
			t.Errorf("%s: %q", command, got)
		}
	}
}

func (s *samba) byTicket() []string {
	return []string{"--use-kerberos=required", "--use-krb5-ccache=" + s.tickets}
}

func TestSambaSignsIn(t *testing.T) {
	s := startSamba(t, kdctest.Options{})
	byPassword := []string{"--use-kerberos=off", "-U", "EXAMPLE/" + user + "%" + password}
	for _, c := range []struct {
		mechanism string
		signIn    []string
		who       string
	}{
		{"", byPassword, `HUB\alice by NTLM/NTLM`},
		{"spnego,", byPassword, `HUB\alice by Negotiate/NTLM`},
		{"krb5,", s.byTicket(), "alice@EXAMPLE.COM by Kerberos/Kerberos"},
		{"spnego,krb5,", s.byTicket(), "alice@EXAMPLE.COM by Negotiate/Kerberos"},
	} {
		for level, protects := range map[string][]string{"connect": nil, "sign": {"integrity with headers"}, "seal": {"privacy with headers"}} {
			t.Run(c.mechanism+level, func(t *testing.T) {
				s.calls(t, "["+c.mechanism+level+"]", c.signIn, append([]string{c.who}, protects...))
			})
		}
	}
	t.Run("not at all", func(t *testing.T) { s.calls(t, "", byPassword, nil) })
}

// With keys of RFC 8009 rpcclient seals; its signatures without sealing it cuts off at
// 28 bytes, which are those of other keys.
func TestSambaSealsWithNewerKeys(t *testing.T) {
	for _, kind := range []string{"aes256-cts-hmac-sha384-192", "aes128-cts-hmac-sha256-128"} {
		t.Run(kind, func(t *testing.T) {
			s := startSamba(t, kdctest.Options{Kinds: []string{kind}})
			s.calls(t, "[krb5,seal]", s.byTicket(), []string{"alice@EXAMPLE.COM by Kerberos/Kerberos", "privacy with headers"})
			s.calls(t, "[spnego,krb5,seal]", s.byTicket(), []string{"alice@EXAMPLE.COM by Negotiate/Kerberos", "privacy with headers"})
		})
	}
}
