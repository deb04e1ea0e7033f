// Package kdctest runs a Kerberos realm for tests: MIT's KDC on a loopback port, with a
// database of its own.
package kdctest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/localqm/qmtest/loopback"
)

// Realm is a realm whose KDC runs until the end of the test.
type Realm struct {
	Name   string // EXAMPLE.COM
	Config string // its krb5.conf

	t       testing.TB
	dir     string
	tools   map[string]string
	kdcs    string // its part of [realms]
	caches  int
	keytabs int
	added   map[string]bool
	kdc     *exec.Cmd
	said    chan struct{} // the KDC has closed its output
}

// Options change a realm.
type Options struct {
	Name    string            // empty: EXAMPLE.COM
	Kinds   []string          // encryption types of keys and tickets; nil: aes256-cts-hmac-sha1-96, aes128-cts-hmac-sha1-96
	Domains map[string]string // DNS domains and the realms they are in; nil: example.com, if that is its name
}

// Start makes a realm and runs its KDC. Where there is none installed, the test is
// skipped, but not in CI.
func Start(t testing.TB, o Options) *Realm {
	t.Helper()
	if o.Name == "" {
		o.Name = "EXAMPLE.COM"
	}
	if o.Kinds == nil {
		o.Kinds = []string{"aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha1-96"}
	}
	if o.Domains == nil {
		o.Domains = map[string]string{strings.ToLower(o.Name): o.Name}
	}
	r := &Realm{Name: o.Name, t: t, dir: t.TempDir(), tools: tools(t), added: map[string]bool{}}
	r.Config = r.path("krb5.conf")
	port, err := loopback.Port()
	if err != nil {
		t.Fatal(err)
	}
	var salted, domains strings.Builder
	for _, k := range o.Kinds {
		fmt.Fprintf(&salted, "%s:normal ", k)
	}
	for domain, in := range o.Domains {
		fmt.Fprintf(&domains, " .%s = %s\n", domain, in)
	}
	r.kdcs = fmt.Sprintf(" %s = {\n  kdc = 127.0.0.1:%d\n }\n", o.Name, port)
	r.write("krb5.conf", fmt.Sprintf(`[libdefaults]
 default_realm = %[1]s
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 permitted_enctypes = %[3]s
[realms]
%[2]s[domain_realm]
%[4]s[logging]
 kdc = STDERR
 default = STDERR
`, o.Name, r.kdcs, strings.Join(o.Kinds, " "), domains.String()))
	r.write("kdc.conf", fmt.Sprintf(`[kdcdefaults]
 kdc_listen = 127.0.0.1:%[2]d
 kdc_tcp_listen = 127.0.0.1:%[2]d
[realms]
 %[1]s = {
  database_name = %[3]s
  key_stash_file = %[4]s
  acl_file = %[5]s
  supported_enctypes = %[6]s
  master_key_type = %[7]s
  max_life = 10h
  max_renewable_life = 7d
 }
`, o.Name, port, r.path("principal"), r.path("stash"), r.path("acl"), salted.String(), o.Kinds[0]))
	r.Run("", "kdb5_util", "create", "-s", "-r", o.Name, "-P", "master")
	r.run()
	return r
}

// Trust lets the users of this realm get tickets of another one, and returns a krb5.conf
// with the KDCs of both, which does not say what computers are in them.
func (r *Realm) Trust(other *Realm) string {
	r.t.Helper()
	for _, side := range []*Realm{r, other} {
		side.Principal("krbtgt/"+other.Name+"@"+r.Name, "trust")
	}
	r.write("both.conf", fmt.Sprintf(`[libdefaults]
 default_realm = %s
 dns_lookup_kdc = false
 dns_canonicalize_hostname = false
[realms]
%s%s`, r.Name, r.kdcs, other.kdcs))
	return r.path("both.conf")
}

// tools are the programs of MIT's Kerberos, some of which are not in everybody's PATH.
func tools(t testing.TB) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, name := range []string{"krb5kdc", "kdb5_util", "kadmin.local", "kinit", "kvno"} {
		for _, at := range []string{name, "/usr/sbin/" + name, "/usr/lib/mit/sbin/" + name} {
			if path, err := exec.LookPath(at); err == nil {
				found[name] = path
				break
			}
		}
		if found[name] == "" {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is not installed", name)
			}
			t.Skipf("%s is not installed (scripts/setup test does that)", name)
		}
	}
	return found
}

func (r *Realm) path(name string) string { return filepath.Join(r.dir, name) }

func (r *Realm) write(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(r.path(name), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// Env is what programs are started with that use the realm, with a ticket cache or
// without (empty).
func (r *Realm) Env(cache string) []string {
	env := append(os.Environ(), "KRB5_CONFIG="+r.Config, "KRB5_KDC_PROFILE="+r.path("kdc.conf"), "KRB5RCACHEDIR="+r.dir)
	if cache != "" {
		env = append(env, "KRB5CCNAME="+cache)
	}
	return env
}

func (r *Realm) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(r.tools[name], args...)
	c.Env, c.Dir = r.Env(""), r.dir
	return c
}

// Run runs one of the programs, with something on its standard input.
func (r *Realm) Run(input, name string, args ...string) {
	r.t.Helper()
	c := r.command(name, args...)
	c.Stdin = strings.NewReader(input)
	if out, err := c.CombinedOutput(); err != nil {
		r.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// admin runs a query of kadmin.local, which has no exit code.
func (r *Realm) admin(query string) {
	r.t.Helper()
	c := r.command("kadmin.local", "-r", r.Name, "-q", query)
	out, err := c.CombinedOutput()
	if err != nil || strings.Contains(string(out), ": ") && strings.Contains(string(out), "while ") {
		r.t.Fatalf("kadmin.local %s: %v\n%s", query, err, out)
	}
}

// run starts the KDC, and waits until it listens.
func (r *Realm) run() {
	r.t.Helper()
	r.kdc = r.command("krb5kdc", "-n", "-r", r.Name, "-P", r.path("pid"))
	output, err := r.kdc.StderrPipe()
	if err == nil {
		err = r.kdc.Start()
	}
	if err != nil {
		r.t.Fatalf("krb5kdc: %v", err)
	}
	r.said = make(chan struct{})
	ready := make(chan struct{})
	var early strings.Builder
	go func() {
		defer close(r.said)
		s := bufio.NewScanner(output)
		for waiting := true; s.Scan(); {
			if waiting {
				early.WriteString(s.Text() + "\n")
			}
			if waiting && strings.Contains(s.Text(), "commencing operation") {
				waiting = false
				close(ready)
			}
		}
		_, _ = io.Copy(io.Discard, output)
	}()
	r.t.Cleanup(r.Stop)
	select {
	case <-ready:
	case <-r.said:
		r.t.Fatalf("krb5kdc ended:\n%s", early.String())
	}
}

// Stop ends the KDC: it does not answer any more.
func (r *Realm) Stop() {
	if r.kdc != nil {
		_ = r.kdc.Process.Kill()
		<-r.said
		_ = r.kdc.Wait()
		r.kdc = nil
	}
}

// Principal adds a user, or anything else that has a password.
func (r *Realm) Principal(name, password string) {
	r.t.Helper()
	r.admin(fmt.Sprintf(`addprinc -pw "%s" %s`, password, name))
}

// WantProof has the KDC give a principal's tickets only to who has shown its key.
func (r *Realm) WantProof(name string) {
	r.t.Helper()
	r.admin("modprinc +requires_preauth " + name)
}

// Keytab adds services with random keys, and returns a keytab of them. Those that are there
// get new keys.
func (r *Realm) Keytab(services ...string) string {
	r.t.Helper()
	r.keytabs++
	path := r.path(fmt.Sprintf("keytab%d", r.keytabs))
	for _, s := range services {
		if !r.added[s] {
			r.admin("addprinc -randkey " + s)
			r.added[s] = true
		}
		r.admin("ktadd -k " + path + " " + s)
	}
	return path
}

// Tickets signs a user in, and returns his ticket cache, a file. options are kinit's.
func (r *Realm) Tickets(name, password string, options ...string) string {
	r.t.Helper()
	r.caches++
	path := r.path(fmt.Sprintf("tickets%d", r.caches))
	r.Run(password+"\n", "kinit", append(append([]string{"-c", path}, options...), name)...)
	return path
}
