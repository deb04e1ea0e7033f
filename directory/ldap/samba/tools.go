package samba

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// Record is an object as ldapsearch prints it. Names of attributes are in lower case.
type Record struct {
	DN     string
	Values map[string][]string
}

// Get is the first value of an attribute, empty if there is none.
func (r Record) Get(name string) string {
	if v := r.Values[strings.ToLower(name)]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Search is what OpenLDAP's ldapsearch finds, as the administrator: a second opinion on
// what our own client has written. Scope is base, one or sub.
func (f *Forest) Search(tb testing.TB, base, scope, filter string, attributes ...string) []Record {
	tb.Helper()
	list, err := f.search(base, scope, filter, attributes...)
	if err != nil {
		tb.Fatal(err)
	}
	return list
}

// Read is one object, and false if there is none.
func (f *Forest) Read(tb testing.TB, dn string, attributes ...string) (Record, bool) {
	tb.Helper()
	list, err := f.search(dn, "base", "(objectClass=*)", attributes...)
	if err != nil && !strings.Contains(err.Error(), "No such object") {
		tb.Fatal(err)
	}
	if len(list) == 0 {
		return Record{}, false
	}
	return list[0], true
}

func (f *Forest) search(base, scope, filter string, attributes ...string) ([]Record, error) {
	out, err := f.tool("", "ldapsearch", append([]string{"-LLL", "-o", "ldif-wrap=no", "-E", "pr=500/noprompt", "-b", base, "-s", scope, filter}, attributes...)...)
	if err != nil {
		return nil, err
	}
	return records(out)
}

// Load adds and changes objects by LDIF, as the administrator.
func (f *Forest) Load(tb testing.TB, ldif string) {
	tb.Helper()
	if _, err := f.tool(ldif, "ldapadd"); err != nil {
		tb.Fatal(err)
	}
}

// Remove removes an object and what is below it; one that is not there is fine.
func (f *Forest) Remove(tb testing.TB, dn string) {
	tb.Helper()
	if _, err := f.tool("", "ldapdelete", "-r", dn); err != nil && !strings.Contains(err.Error(), "No such object") {
		tb.Error(err)
	}
}

// tool runs one of OpenLDAP's tools as the administrator, over TLS.
func (f *Forest) tool(input, name string, args ...string) (string, error) {
	password := filepath.Join(f.Dir, "administrator")
	c := exec.Command(name, append([]string{"-x", "-H", "ldaps://" + f.Address, "-D", f.Administrator(), "-y", password}, args...)...) //nolint:gosec // a test's
	c.Env = append(os.Environ(), "LDAPTLS_CACERT="+f.CA)
	c.Stdin = strings.NewReader(input)
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, said.Bytes())
	}
	return out.String(), nil
}

// records reads LDIF without folded lines (RFC 2849).
func records(ldif string) ([]Record, error) {
	var list []Record
	for block := range strings.SplitSeq(ldif, "\n\n") {
		r := Record{Values: map[string][]string{}}
		for line := range strings.Lines(block) {
			line = strings.TrimSuffix(line, "\n")
			if line == "" || line[0] == '#' {
				continue
			}
			name, value, ok := strings.Cut(line, ":")
			if !ok {
				return nil, fmt.Errorf("no LDIF: %q", line)
			}
			if coded, is := strings.CutPrefix(value, ":"); is {
				b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(coded))
				if err != nil {
					return nil, fmt.Errorf("no LDIF: %q: %w", line, err)
				}
				value = string(b)
			} else {
				value = strings.TrimPrefix(value, " ")
			}
			if name = strings.ToLower(name); name == "dn" {
				r.DN = value
			} else {
				r.Values[name] = append(r.Values[name], value)
			}
		}
		if r.DN != "" {
			list = append(list, r)
		}
	}
	return list, nil
}

// Computer makes a computer account of the test's own, with UserPassword, which goes
// with all that is below it when the test ends.
func (f *Forest) Computer(tb testing.TB, name string) {
	tb.Helper()
	f.account(tb, f.ComputerDN(name), fmt.Sprintf(
		"objectClass: computer\nsAMAccountName: %s$\nuserAccountControl: 4096\ndNSHostName: %s.%s\nservicePrincipalName: HOST/%[2]s\n",
		name, strings.ToLower(name), f.Name))
}

// Person makes a user of the test's own, with UserPassword, who goes when it ends.
func (f *Forest) Person(tb testing.TB, name string) {
	tb.Helper()
	f.account(tb, "CN="+name+",CN=Users,"+f.Base, fmt.Sprintf(
		"objectClass: user\nsAMAccountName: %s\nuserPrincipalName: %[1]s@%s\nuserAccountControl: 512\n", name, f.Name))
}

func (f *Forest) account(tb testing.TB, dn, attributes string) {
	tb.Helper()
	f.Load(tb, fmt.Sprintf("dn: %s\n%sunicodePwd:: %s\nmsDS-SupportedEncryptionTypes: 24\n", dn, attributes, unicodePwd(f.UserPassword)))
	tb.Cleanup(func() { f.Remove(tb, dn) })
}

// unicodePwd is a password as it is set (MS-ADTS 3.1.1.3.1.5), in base64.
func unicodePwd(password string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(`"` + password + `"`)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// Tickets gets a ticket cache for a principal by MIT's kinit.
func (f *Forest) Tickets(tb testing.TB, account, password string) (cache string) {
	tb.Helper()
	cache = filepath.Join(tb.TempDir(), "tickets")
	c := exec.Command("kinit", "-c", cache, f.User(account)) //nolint:gosec // a test's
	c.Env = append(os.Environ(), "KRB5_CONFIG="+f.Krb5)
	c.Stdin = strings.NewReader(password + "\n")
	if out, err := c.CombinedOutput(); err != nil {
		tb.Fatalf("kinit %s: %v: %s", account, err, out)
	}
	return cache
}
