package krb5

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"posthouse/localqm/mq"
)

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSettingsComeFromWhereKerberosHasThem(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "more.d", "realm"), "[realms]\n EXAMPLE.COM = {\n  kdc = kdc.example.com\n }\n")
	write(t, filepath.Join(dir, "more.d", "realm.old~"), "this is no setting\n")
	path := write(t, filepath.Join(dir, "krb5.conf"), "includedir "+filepath.Join(dir, "more.d")+"\n[libdefaults]\n default_ccache_name = FILE:/run/%{uid}/tickets\n")
	t.Setenv("KRB5_CONFIG", filepath.Join(dir, "none")+string(filepath.ListSeparator)+path)
	t.Setenv("KRB5CCNAME", "")
	c, err := loadConfig("")
	if err != nil || !c.LibDefaults.DNSLookupKDC || len(c.Realms) != 1 || c.Realms[0].KDC[0] != "kdc.example.com:88" {
		t.Fatalf("%+v, %v", c.Config, err)
	}
	if p, err := cachePath("", c, "linux"); err != nil || p != "/run/"+strconv.Itoa(os.Getuid())+"/tickets" {
		t.Error(p, err)
	}
	write(t, path, "[libdefaults]\n dns_lookup_kdc = false\n")
	if c, err = loadConfig(""); err != nil || c.LibDefaults.DNSLookupKDC {
		t.Error(err)
	}
	for name, text := range map[string]string{
		"damaged": "[libdefaults]\n clockskew = soon\n", "itself": "include " + path + "\n[libdefaults]\n x\n", "missing": "include " + dir + "/none\n",
	} {
		write(t, path, text)
		var e *mq.Error
		if _, err := NewInitiator(InitiatorOptions{}); !errors.As(err, &e) || !strings.Contains(err.Error(), path) || e.Fix == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Setenv("KRB5_CONFIG", filepath.Join(dir, "none"))
	if _, err := loadConfig(""); err == nil {
		t.Error("the file that was wanted is not there")
	}
}

func TestCachesThatAreFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "in use", "primary"), "tktabc\n")
	for _, c := range []struct{ name, system, path, word string }{
		{"", "linux", "/tmp/krb5cc_" + strconv.Itoa(os.Getuid()), ""},
		{"", "windows", "", "Windows logon"},
		{"", "darwin", "", "macOS"},
		{"FILE:/tmp/x", "linux", "/tmp/x", ""},
		{"file:/tmp/x", "darwin", "/tmp/x", ""},
		{"/tmp/x", "linux", "/tmp/x", ""},
		{`C:\tickets`, "windows", `C:\tickets`, ""},
		{`FILE:C:\tickets`, "windows", `C:\tickets`, ""},
		{"DIR:" + filepath.Join(dir, "in use"), "linux", filepath.Join(dir, "in use", "tktabc"), ""},
		{"DIR:" + dir, "linux", filepath.Join(dir, "tkt"), ""},
		{"DIR::/tmp/x/tktabc", "linux", "/tmp/x/tktabc", ""},
		{"KEYRING:persistent:0", "linux", "", "KEYRING:persistent:0"},
		{"KCM:", "linux", "", "KCM:"},
		{"MSLSA:", "windows", "", "MSLSA:"},
	} {
		t.Setenv("KRB5CCNAME", c.name)
		got, err := cachePath("", configuration{}, c.system)
		var e *mq.Error
		if c.word == "" && (err != nil || got != c.path) || c.word != "" && (!errors.As(err, &e) || e.Fix == "" || !strings.Contains(err.Error(), c.word)) {
			t.Errorf("%s on %s: %q, %v", c.name, c.system, got, err)
		}
	}
}

func TestKeytabsThatAreNoneAreRefused(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"empty": "", "text": "hello", "cut": "\x05\x02\x00\x00\x00\x40\x00\x02", "none": "\x05\x02", "hole": "\x05\x02\xff\xff\xff\xff"} {
		var e *mq.Error
		if _, err := NewAcceptor(write(t, filepath.Join(dir, name), text), nil, nil); !errors.As(err, &e) || e.Fix == "" || !strings.Contains(err.Error(), filepath.Join(dir, name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewAcceptor(filepath.Join(dir, "missing"), nil, nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestReplaysAreKnownAsLongAsTheirTimeIsGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r replays
		if !r.first([]byte("a")) || r.first([]byte("a")) || !r.first([]byte("b")) {
			t.Error("the first time")
		}
		for range 9 { // a client that is 5 minutes ahead has 10
			time.Sleep(time.Minute)
			if !r.first([]byte(time.Now().String())) || r.first([]byte("a")) {
				t.Fatal("forgotten too early")
			}
		}
		time.Sleep(4*skew + time.Second)
		if !r.first([]byte("b")) || len(r.now)+len(r.before) > 1 {
			t.Error("never forgotten")
		}
	})
}
