package about

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// sample is a program that does not change with who builds the test.
var sample = program{
	version: "1.0.0", built: time.Date(2026, time.November, 12, 0, 0, 0, 0, time.UTC), revision: "4e1c9b7",
	system: "Linux, 64-bit x86", golang: "1.26.8", fyne: "2.8.1", sqlite: "1.60.1",
}

func open(t testing.TB, h *screentest.Host) *aboutDialog {
	t.Helper()
	a := newDialog(h, sample)
	h.Until(t, "the queue manager's answer", func() bool { return a.known[0].Icon == "check-circle" })
	return a
}

func TestShots(t *testing.T) {
	for _, c := range viewtest.Variants {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			viewtest.NewApp(t, c)
			h := screentest.New(t, fake.Sample())
			var objs []fyne.CanvasObject
			put := func(x, w float32, caption string, d *kit.Dialog) {
				l, o := kit.NewMuted(caption), d.Frame()
				l.Move(fyne.NewPos(x, 20))
				l.Resize(fyne.NewSize(w, 20))
				for range 3 {
					o.Resize(fyne.NewSize(w, o.MinSize().Height))
				}
				o.Move(fyne.NewPos(x, 44))
				objs = append(objs, l, o)
			}
			put(24, 480, "Help, About", open(t, h).dialog)
			put(544, 512, "The licences of its parts", licenceDialog("Licences of the libraries", licences()))
			viewtest.Shot(t, "15-about", kit.NewPanel(theme.Background, container.NewWithoutLayout(objs...)), fyne.NewSize(1440, 900), c)
		})
	}
}

func TestEveryLibraryHasItsLicence(t *testing.T) {
	have := map[string]bool{}
	for _, l := range licences() {
		have[l.part] = true
		if l.kind == "" {
			t.Errorf("the licence of %s is none of those known", l.part)
		}
	}
	// The driver of tests and pictures, which is never shipped, needs these.
	for _, m := range []string{"github.com/davecgh/go-spew", "github.com/pmezard/go-difflib", "gopkg.in/yaml.v3", "go.yaml.in/yaml/v3", "github.com/stretchr/testify"} {
		have[m] = true
	}
	for _, tags := range []string{"headless", "ci,migrated_fynedo"} {
		cmd := exec.Command("go", "list", "-deps", "-buildvcs=false", "-tags", tags, "-f", "{{with .Module}}{{.Path}}{{end}}", "posthouse")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, stderr.Bytes())
		}
		for _, m := range strings.Fields(string(out)) {
			if m != own && !have[strings.ReplaceAll(strings.TrimSuffix(file(m), ".txt"), "_", "/")] {
				t.Errorf("views/about/licences/%s is missing: copy it from the module", file(m))
			}
		}
	}
	if !have["Go"] {
		t.Error("the licence of Go is missing")
	}
}

func TestOurLicenceIsTheRepositorys(t *testing.T) {
	want, err := os.ReadFile("../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	if l := ours(); l.text != string(want) || l.kind != "MIT" {
		t.Errorf("views/about/licences/posthouse.txt (%s) is not the LICENSE of the repository", l.kind)
	}
	kinds := map[string]string{}
	for _, l := range drawn() {
		kinds[l.part] = l.kind
	}
	if kinds["Inter"] != "SIL OFL 1.1" || kinds["JetBrains Mono"] != "SIL OFL 1.1" || kinds["Phosphor"] != "MIT" {
		t.Errorf("got %v", kinds)
	}
}

func TestAboutSaysThatTheQueueManagerDoesNotAnswer(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	n := fake.Sample()
	h := screentest.New(t, n)
	n.Fail("Machine", mq.Errorf(mq.ErrServiceNotAvailable, "read the machine", "it was stopped"))
	a := newDialog(h, sample)
	h.Until(t, "the answer", func() bool { return strings.Contains(a.known[0].Value, "It was stopped") })
	if !strings.Contains(a.known[0].Value, "MQ_ERROR_SERVICE_NOT_AVAILABLE 0xC00E000B") {
		t.Errorf("got %+v", a.known)
	}
}

func TestCopiedDetailsAreText(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, fake.Sample())
	a := open(t, h)
	text := details(sample.pairs("light theme"), a.known)
	for _, want := range []string{"Version        1.0.0 of 12 Nov 2026, 4e1c9b7\n", "Its ID         3a9be7d1-04c8-4f0e-8a57-2e61f90cb3d4\n", "Stored         "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
}

func TestClosingEndsTheQuestion(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	n := fake.Sample()
	h := screentest.New(t, n)
	w := viewtest.Window(t, container.NewWithoutLayout(), fyne.NewSize(800, 700))
	h.Canvas = w.Canvas()
	release := n.Hold("Machine")
	defer release()
	New("1.0.0")(h, screen.Route{})
	h.Dialog().Close()
	release()
	h.Run()
	if h.Dialog().Shown() {
		t.Error("the dialog is still open")
	}
}
