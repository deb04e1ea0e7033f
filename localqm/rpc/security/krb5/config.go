package krb5

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"github.com/oiweiwei/gokrb5.fork/v9/config"

	"posthouse/localqm/mq"
)

// configuration is krb5.conf.
type configuration struct {
	*config.Config
	cache string // default_ccache_name
}

var (
	includeLine   = regexp.MustCompile(`^\s*(include|includedir)\s+(\S.*?)\s*$`)
	includedName  = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.conf)?$`) // of what an includedir takes
	dnsLookupLine = regexp.MustCompile(`(?mi)^\s*dns_lookup_kdc\s*=`)
	cacheLine     = regexp.MustCompile(`(?mi)^\s*default_ccache_name\s*=\s*(\S+)`)
)

// maxIncludes is how deep files may include others.
const maxIncludes = 8

// loadConfig reads krb5.conf anew, as it may change. Without one, DNS says where the
// KDCs are.
func loadConfig(path string) (c configuration, err error) {
	c.Config = config.New()
	c.LibDefaults.DNSLookupKDC = true
	path, must := configPath(path)
	text, err := readConfig(path, maxIncludes)
	if errors.Is(err, os.ErrNotExist) && !must {
		return c, nil
	}
	if err == nil {
		defer contain(&err)
		c.Config, err = config.NewFromString(text)
	}
	var unsupported config.UnsupportedDirective
	if err != nil && !errors.As(err, &unsupported) {
		return c, mq.Errorf(mq.ErrInvalidParameter, "read the Kerberos settings in "+path, "%w", err).
			WithFix("mend that file, or let KRB5_CONFIG name another one")
	}
	if !dnsLookupLine.MatchString(text) {
		c.LibDefaults.DNSLookupKDC = true // as MIT has it
	}
	if m := cacheLine.FindStringSubmatch(text); m != nil {
		c.cache = m[1]
	}
	c.LibDefaults.Canonicalize = true // KDCs refer to other realms only then
	return c, nil
}

// configPath is where krb5.conf is; must says that somebody wants that one.
func configPath(path string) (at string, must bool) {
	if path != "" {
		return path, true
	}
	list := filepath.SplitList(os.Getenv("KRB5_CONFIG"))
	for _, p := range list {
		if _, err := os.Stat(p); err == nil {
			return p, true
		}
	}
	switch {
	case len(list) > 0:
		return list[0], true
	case runtime.GOOS == "windows":
		return filepath.Join(os.Getenv("ProgramData"), "MIT", "Kerberos5", "krb5.ini"), false
	}
	return "/etc/krb5.conf", false
}

// readConfig reads a file and what it includes, which the library does not.
func readConfig(path string, depth int) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for line := range strings.Lines(string(b)) {
		m := includeLine.FindStringSubmatch(line)
		if m == nil || depth == 0 {
			out.WriteString(strings.TrimRight(line, "\r\n") + "\n")
			continue
		}
		files := []string{m[2]}
		if m[1] == "includedir" {
			files = nil
			entries, _ := os.ReadDir(m[2]) // a folder that is not there includes nothing
			for _, e := range entries {
				if includedName.MatchString(e.Name()) {
					files = append(files, filepath.Join(m[2], e.Name()))
				}
			}
		}
		for _, f := range files {
			text, err := readConfig(f, depth-1)
			if err != nil {
				return "", err
			}
			out.WriteString(text)
		}
	}
	return out.String(), nil
}

// cachePath is the file of the user's tickets.
func cachePath(name string, conf configuration, system string) (string, error) {
	source := "the options"
	if name == "" {
		name, source = os.Getenv("KRB5CCNAME"), "KRB5CCNAME"
	}
	if name == "" {
		name, source = expand(conf.cache), "krb5.conf"
	}
	switch {
	case name != "":
	case system == "windows":
		return "", elsewhere("the tickets of the Windows logon cannot be read by this program",
			"with MIT Kerberos for Windows: set KRB5CCNAME to FILE:C:\\path, and run kinit; or sign in with a name and a password")
	case system == "darwin":
		return "", elsewhere("the tickets that macOS keeps itself cannot be read by this program",
			"export KRB5CCNAME=FILE:/tmp/tickets, and run kinit; or sign in with a name and a password")
	default:
		return "/tmp/krb5cc_" + strconv.Itoa(os.Getuid()), nil
	}
	kind, path, ok := strings.Cut(name, ":")
	switch {
	case !ok, len(kind) == 1: // C:\...
		return name, nil
	case strings.EqualFold(kind, "FILE"):
		return path, nil
	case strings.EqualFold(kind, "DIR"):
		return primary(path)
	}
	return "", elsewhere("the tickets are in "+mq.Quote(name)+" ("+source+" says), which this program cannot read; it reads files",
		"let KRB5CCNAME name a file (FILE:/path), and run kinit; or sign in with a name and a password")
}

func elsewhere(why, fix string) *mq.Error {
	return mq.Errorf(mq.ErrUnsupportedOperation, op, "%s", why).WithFix("%s", fix)
}

// primary is the cache in use of a folder of caches; "DIR::file" is one of them.
func primary(path string) (string, error) {
	if file, ok := strings.CutPrefix(path, ":"); ok {
		return file, nil
	}
	b, err := os.ReadFile(filepath.Join(path, "primary"))
	if errors.Is(err, os.ErrNotExist) {
		return filepath.Join(path, "tkt"), nil
	}
	return filepath.Join(path, strings.TrimSpace(string(b))), err
}

// expand puts values in for the %{...} of krb5.conf.
func expand(s string) string {
	uid := strconv.Itoa(os.Getuid())
	return strings.NewReplacer("%{uid}", uid, "%{euid}", uid, "%{USERID}", uid, "%{TEMP}", strings.TrimSuffix(os.TempDir(), "/"), "%{null}", "").Replace(s)
}
