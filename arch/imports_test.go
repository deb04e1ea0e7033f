package arch

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// root is the folder of the module.
const root = ".."

// pkg is what go list says of a package.
type pkg struct {
	ImportPath, ForTest                      string
	Standard                                 bool
	Imports, TestImports, XTestImports, Deps []string
}

// build is one way the program is built.
type build struct{ goos, tags string }

var (
	windowBuild   = build{runtime.GOOS, "ci,migrated_fynedo"}
	headlessBuild = build{runtime.GOOS, "headless"}
	builds        = []build{windowBuild, headlessBuild, {"windows", "headless"}, {"darwin", "headless"}}
)

// list runs go list over patterns and returns the packages by import path.
func (b build) list(t *testing.T, patterns ...string) map[string]pkg {
	t.Helper()
	args := append([]string{
		"list", "-e", "-buildvcs=false", "-deps", "-tags", b.tags,
		"-json=ImportPath,ForTest,Standard,Imports,TestImports,XTestImports,Deps",
	}, patterns...)
	out := run(t, []string{"CGO_ENABLED=0", "GOOS=" + b.goos}, "go", args...)
	pkgs := map[string]pkg{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return pkgs
		}
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		pkgs[p.ImportPath] = p
	}
}

func run(t *testing.T, env []string, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, stderr.Bytes())
	}
	return out
}

func ours(path string) bool { return path == "posthouse" || strings.HasPrefix(path, "posthouse/") }

func fyne(path string) bool { return strings.HasPrefix(path, "fyne.io/") }

// in reports whether a package is one of roots ("" is main), or below one that ends in "/...".
func in(path string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(r string) bool {
		base, below := strings.CutSuffix(r, "/...")
		base = strings.TrimSuffix("posthouse/"+base, "/")
		return path == base || below && strings.HasPrefix(path, base+"/")
	})
}

// rule says what the packages of from may import.
type rule struct {
	from  []string
	allow func(imported string, std bool) bool
	tests bool // also in their tests
	why   string
}

var rules = []rule{
	{
		[]string{"localqm/mq"},
		func(_ string, std bool) bool { return std },
		false, "localqm/mq is the leaf that everything shares: standard library only",
	},
	{
		[]string{"localqm/wire"},
		func(p string, std bool) bool { return std || p == "posthouse/localqm/mq" },
		false, "localqm/wire is a leaf: standard library and localqm/mq only",
	},
	{
		[]string{"localqm/session", "localqm/route", "localqm/ping", "localqm/proxy"},
		func(p string, std bool) bool { return std || in(p, "localqm/mq", "localqm/wire") },
		false, "connections and addresses know packets and names, not the queue manager",
	},
	{
		[]string{"localqm/rpc/..."},
		func(p string, _ bool) bool {
			return !ours(p) || in(p, "localqm/rpc/...", "localqm/mq", "localqm/secure", "localqm/qmtest/loopback") // kdctest's port
		},
		false, "DCE/RPC is the same for both sides and knows no queue manager",
	},
	{
		[]string{"localqm"},
		func(p string, _ bool) bool {
			return !in(p, "localqm/session", "localqm/route", "localqm/ping", "localqm/transport/...", "localqm/rpc/...", "localqm/interfaces/...")
		},
		false, "the engine does not know how messages travel, nor who calls it from where",
	},
	{
		[]string{"localqm/..."},
		func(p string, _ bool) bool { return !ours(p) || in(p, "localqm/...") },
		true, "localqm knows nothing above it: it declares the interface it needs, and app joins them",
	},
	{
		[]string{"directory"},
		func(p string, std bool) bool { return std || p == "posthouse/localqm/mq" },
		false, "directory is the contract: it knows localqm/mq and no protocol",
	},
	{
		[]string{"directory/topology", "directory/notice"},
		func(p string, std bool) bool { return std || in(p, "localqm/mq") },
		false, "routes and notices are computed from identifiers and bytes alone",
	},
	{
		[]string{"directory/ldap/..."},
		func(p string, _ bool) bool {
			return !ours(p) || in(p, "directory", "directory/ldap/...", "localqm/mq", "localqm/secure", "localqm/rpc/security/...")
		},
		false, "LDAP knows objects and how to sign in, and no queue manager",
	},
	{
		[]string{"directory/..."},
		func(p string, _ bool) bool { return !in(p, "mgmtclient/...") },
		true, "a directory is used by consoles and knows none",
	},
	{
		[]string{"mgmtclient"},
		func(p string, _ bool) bool { return !ours(p) || p == "posthouse/localqm/mq" },
		false, "mgmtclient is the contract: it knows localqm/mq and no implementation",
	},
	{
		[]string{"mgmtclient/fake", "mgmtclient/conformance", "mgmtclient/remote/...", "mgmtclient/control/..."},
		func(p string, _ bool) bool {
			return !in(p, "localqm", "localqm/store/...", "localqm/interfaces/...", "mgmtclient/local/...", "views/...", "app/...")
		},
		false, "only mgmtclient/local speaks to the queue manager in this process",
	},
	{
		[]string{"views/..."},
		func(p string, _ bool) bool {
			// Who may import the fake is said below.
			return !ours(p) || in(p, "views/...", "assets/...", "mgmtclient", "mgmtclient/fake", "localqm/mq")
		},
		false, "views knows mgmtclient and localqm/mq: a screen works the same on any node",
	},
	{
		[]string{"views/..."},
		func(p string, _ bool) bool {
			return !ours(p) || in(p, "views/...", "assets/...", "mgmtclient", "mgmtclient/fake", "localqm/mq")
		},
		true, "the tests of views run on mgmtclient/fake",
	},
	{
		[]string{"assets/...", "localqm/...", "mgmtclient/...", "directory/...", "bench/..."},
		func(p string, _ bool) bool { return !fyne(p) && !in(p, "views/...", "app/...") },
		true, "nothing below views imports Fyne, views or app",
	},
	{
		[]string{"views/..."},
		func(p string, _ bool) bool { return p != "fyne.io/fyne/v2/app" },
		true, "only app makes the Fyne application",
	},
	{
		[]string{"assets/..."},
		func(p string, std bool) bool { return std || in(p, "assets/...") },
		false, "assets embeds data and nothing else",
	},
	{
		[]string{""},
		func(p string, std bool) bool { return std || p == "posthouse/app" },
		false, "main only calls app",
	},
}

// reserved are packages that only some may import, outside tests.
var reserved = []struct {
	path string
	by   []string
	why  string
}{
	{"modernc.org/sqlite", []string{"localqm/store/..."}, "nothing of SQLite shows outside localqm/store"},
	{"posthouse/localqm/store", []string{"localqm/...", "mgmtclient/local/...", "app/...", "bench/..."}, "only the engine and the node on it speak the store's words"},
	{"github.com/go-ldap/ldap/v3", []string{"directory/ldap/..."}, "nothing of LDAP shows outside directory/ldap"},
	{"posthouse/mgmtclient/fake", []string{"mgmtclient/fake/...", "mgmtclient/conformance/...", "views/screen/screentest/..."}, "the fake is for tests"},
	{"posthouse/localqm", []string{"localqm/...", "mgmtclient/local/...", "directory/member/...", "app/...", "bench/..."}, "only app builds a queue manager"},
	{"posthouse/mgmtclient/local", []string{"mgmtclient/...", "app/...", "bench/..."}, "only app builds nodes"},
	{"posthouse/mgmtclient/control", []string{"mgmtclient/control/...", "app/..."}, "only app builds nodes"},
	{"posthouse/mgmtclient/remote", []string{"mgmtclient/remote/...", "app/..."}, "only app builds nodes"},
	{"posthouse/app", []string{"", "app/..."}, "app is the top"},
}

func TestImportsKeepTheRules(t *testing.T) {
	for _, b := range builds {
		t.Run(b.goos+" "+b.tags, func(t *testing.T) {
			pkgs := b.list(t, "./...")
			if len(pkgs) == 0 || pkgs["posthouse"].ImportPath == "" {
				t.Fatal("go list found no packages")
			}
			for _, p := range pkgs {
				if ours(p.ImportPath) {
					checkImports(t, p, pkgs)
				}
			}
		})
	}
}

func checkImports(t *testing.T, p pkg, pkgs map[string]pkg) {
	for _, r := range rules {
		if !in(p.ImportPath, r.from...) {
			continue
		}
		imports := p.Imports
		if r.tests {
			imports = slices.Concat(imports, p.TestImports, p.XTestImports)
		}
		for _, imported := range imports {
			if !r.allow(imported, pkgs[imported].Standard) && imported != p.ImportPath {
				t.Errorf("%s imports %s: %s", p.ImportPath, imported, r.why)
			}
		}
	}
	for _, r := range reserved {
		if slices.Contains(p.Imports, r.path) && !in(p.ImportPath, r.by...) {
			t.Errorf("%s imports %s: %s", p.ImportPath, r.path, r.why)
		}
	}
}

func TestNothingBelowViewsNeedsFyne(t *testing.T) {
	for path, p := range windowBuild.list(t, "./...") {
		if !ours(path) || path == "posthouse" || in(path, "app/...", "views/...") {
			continue
		}
		if i := slices.IndexFunc(p.Deps, fyne); i >= 0 {
			t.Errorf("%s needs %s through what it imports: nothing below views may", path, p.Deps[i])
		}
	}
}

func TestHeadlessProgramHasNoWindow(t *testing.T) {
	for _, b := range builds {
		if b.tags != "headless" {
			continue
		}
		for path := range b.list(t, ".") {
			if fyne(path) || in(path, "views/...") {
				t.Errorf("the headless program for %s contains %s: keep it behind the build tag !headless", b.goos, path)
			}
		}
	}
}

func TestHeadlessProgramIsStatic(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "posthouse")
	run(t, []string{"CGO_ENABLED=0", "GOOS=linux"}, "go", "build", "-buildvcs=false", "-tags", "headless", "-ldflags=-s -w", "-o", bin, ".")
	f, err := elf.Open(bin)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("the headless program asks for a dynamic linker: something needs cgo")
		}
	}
	if libs, err := f.ImportedLibraries(); err != nil || len(libs) > 0 {
		t.Errorf("the headless program needs shared libraries: %v, %v", libs, err)
	}
}
