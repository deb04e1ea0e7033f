package app

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write the golden files anew")

// every lists a command and all below it, but cobra's own.
func every(c *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{c}
	for _, sub := range c.Commands() {
		if sub.Name() != "completion" && sub.IsAvailableCommand() {
			list = append(list, every(sub)...)
		}
	}
	return list
}

func allCommands() []*cobra.Command { return every((&program{}).root()) }

func TestHelpTextsAreTheReviewedOnes(t *testing.T) {
	d := newDesk(t)
	var all strings.Builder
	for _, c := range allCommands() {
		path := strings.Fields(c.CommandPath())[1:]
		a := d.must(append(path, "--help")...).quiet()
		all.WriteString("$ " + c.CommandPath() + " --help\n" + a.out + "\n")
	}
	golden := filepath.Join("testdata", "help.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "help texts (go test ./app -run Help -update writes them anew)", all.String(), strings.ReplaceAll(string(want), "\r\n", "\n"))
}

func TestEveryVerbIsDocumented(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "docs", "command-line.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range allCommands() {
		if c.HasParent() && c.Name() != "help" && !strings.Contains(string(doc), strings.TrimPrefix(c.CommandPath(), "posthouse ")) {
			t.Errorf("docs/command-line.md has nothing about %q", c.CommandPath())
		}
	}
}

func TestEveryVerbHasAShortHelpAndNoStrayDot(t *testing.T) {
	for _, c := range allCommands() {
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short help %q", c.CommandPath(), c.Short)
		}
	}
}
