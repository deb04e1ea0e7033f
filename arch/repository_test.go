package arch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// modFile is what go mod edit -json says of a go.mod.
type modFile struct {
	Require []struct {
		Path, Version string
		Indirect      bool
	}
}

func readMod(t *testing.T, file string) modFile {
	t.Helper()
	var m modFile
	if err := json.Unmarshal(run(t, nil, "go", "mod", "edit", "-json", file), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m modFile) version(path string) string {
	for _, r := range m.Require {
		if r.Path == path {
			return r.Version
		}
	}
	return "none"
}

func TestLibcIsTheOneSQLiteWasMadeFor(t *testing.T) {
	const libc, sqlite = "modernc.org/libc", "modernc.org/sqlite"
	dir := strings.TrimSpace(string(run(t, nil, "go", "list", "-m", "-f", "{{.Dir}}", sqlite)))
	want := readMod(t, filepath.Join(dir, "go.mod")).version(libc)
	if got := readMod(t, "go.mod").version(libc); got != want || want == "none" {
		t.Errorf("go.mod has %s %s, %s wants exactly %s: go get %s@%s", libc, got, sqlite, want, libc, want)
	}
}

func TestEveryDirectDependencyHasAReason(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join(root, "docs", "DEPENDENCIES.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range readMod(t, "go.mod").Require {
		if !r.Indirect && !bytes.Contains(doc, fmt.Appendf(nil, "\n| `%s` | ", r.Path)) {
			t.Errorf("docs/DEPENDENCIES.md has no line for %s", r.Path)
		}
	}
}

// machine matches what belongs to a machine and not to the project: where modules
// and packages are fetched from, and paths of somebody's own folders.
var machine = regexp.MustCompile(`(proxy|sum)\.golang\.org|goproxy\.(io|cn)|(deb|security)\.debian\.org|` +
	`(archive|ports)\.ubuntu\.com|registry\.npmjs\.org|pypi\.org|crates\.io|` +
	`(^|[^\w.~/-])/(root|work|builds|workspace)/[\w.]`)

func TestNoFileNamesAMachine(t *testing.T) {
	checkout, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	err = fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{".git", "bin", "build"}, name) {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.Contains([]string{
			"", ".go", ".md", ".mod", ".sh", ".toml", ".yaml", ".yml", ".json", ".txt", ".sql", ".xml", ".svg",
		}, path.Ext(name)) {
			return nil
		}
		seen++
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return err
		}
		if bytes.IndexByte(text, 0) >= 0 {
			return nil // a program
		}
		for i, line := range bytes.Split(text, []byte("\n")) {
			if m := machine.Find(line); m != nil {
				t.Errorf("%s:%d names %q, which is of one machine only", name, i+1, m)
			}
			if bytes.Contains(line, []byte(checkout+string(filepath.Separator))) {
				t.Errorf("%s:%d names this checkout's own folder", name, i+1)
			}
		}
		return nil
	})
	if err != nil || seen == 0 {
		t.Fatalf("walking the repository: %d files, %v", seen, err)
	}
}
