package foreign_test

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"posthouse/localqm/interfaces"
	"posthouse/localqm/rpc/security/krb5/kdctest"
)

// python has impacket as the system's packages install it.
const python = "/usr/bin/python3"

// client runs testdata/client.py.
func (h *hub) client(t *testing.T, args ...string) []string {
	t.Helper()
	if exec.Command(python, "-c", "import impacket").Run() != nil {
		missing(t, "python3-impacket")
	}
	for _, name := range []string{"client.py", "msmq.py"} { // go test does not see what python reads
		if _, err := os.ReadFile("testdata/" + name); err != nil {
			t.Fatal(err)
		}
	}
	h.send(t)
	rpc, qm := h.Interfaces.Ports()
	all := append([]string{
		"testdata/client.py", "--address", h.Address.String(), "--host", host,
		"--user", user, "--password", password, "--realm", h.realm.Name,
		"--port", strconv.Itoa(int(rpc)), "--qm-port", strconv.Itoa(int(qm)), "--mapper-port", strconv.Itoa(int(h.Interfaces.MapperPort())),
	}, args...)
	out, err := h.run(t, []string{"PYTHONDONTWRITEBYTECODE=1"}, python, all...)
	if err != nil {
		t.Errorf("%v", err)
	}
	return strings.Split(strings.TrimSpace(out), "\n")
}

// What the client prints: what everybody may call, what only who has signed in may, and
// what is refused.
var (
	forAll  = []string{"epm interfaces 5 True", "epm map True"}
	refused = []string{
		"qmmgmt rpc_s_access_denied", "RemoteRead port True", "RemoteRead rpc_s_access_denied", "qmcomm rpc_s_access_denied",
	}
	served = []string{
		"qmmgmt messages 1", `qmmgmt path HUB\private$\orders`, "qmmgmt action 1 0x00000000", "qmmgmt action 3 0xC00E0006",
		"RemoteRead port True", "RemoteRead peek 0x00000000 True True",
		"RemoteRead receive 0x00000000 True", "RemoteRead end 1 0x00000000",
		"RemoteRead receive 0x00000000 True", "RemoteRead end 2 0x00000000",
		"RemoteRead empty 0xC00E001B", "RemoteRead close 0x00000000 True",
		"qmcomm create 0x00000000", "qmcomm format 0x00000000 2", "qmcomm label 0x00000000 True", "qmcomm open 0x00000000",
		"qmcomm close 0x00000000 True", "qmcomm delete 0x00000000",
	}
	end = []string{"qm2qm port True", "qm2qm version 6 1", "done"}
)

func TestImpacketSpeaksEveryInterface(t *testing.T) {
	h := start(t, kdctest.Options{})
	const byNTLM, byKerberos = `HUB\alice by NTLM/NTLM`, "alice@EXAMPLE.COM by Negotiate/Kerberos"
	for _, c := range []struct {
		args string
		says []string
		seen []string
	}{
		{"--level none", refused, nil},
		{"--level connect", refused, []string{byNTLM}},
		{"--level integrity", refused, []string{byNTLM, "integrity"}},
		{"--level privacy", served, []string{byNTLM, "privacy"}},
		{"--level privacy --fragment 512 --filler 100", served, []string{byNTLM, "privacy"}},
		{"--level connect --kerberos", refused, []string{byKerberos}},
		{"--level privacy --kerberos", served, []string{byKerberos, "privacy"}},
		{"--level privacy --kerberos --fragment 512 --filler 100", served, []string{byKerberos, "privacy"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			if out := h.client(t, strings.Fields(c.args)...); !slices.Equal(out, slices.Concat(forAll, c.says, end)) {
				t.Errorf("it says:\n%s", strings.Join(out, "\n"))
			}
			if seen := h.take(); !slices.Equal(seen, c.seen) {
				t.Errorf("%q", seen)
			}
		})
	}
}

// Where nobody has to sign in, calls come as far as the permissions.
func TestImpacketIsNobodyUnlessItSignsIn(t *testing.T) {
	h := start(t, kdctest.Options{}, func(o *interfaces.Options) { o.Anonymous = true })
	const denied = "0xC00E0025"
	want := slices.Concat(forAll, []string{
		"qmmgmt " + denied, "RemoteRead port True", "RemoteRead Unknown DCE RPC fault status code: c00e0025", "qmcomm create " + denied,
	}, end)
	if out := h.client(t, "--level", "none"); !slices.Equal(out, want) {
		t.Errorf("it says:\n%s", strings.Join(out, "\n"))
	}
}
