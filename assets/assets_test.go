package assets

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"image/png"
	"strings"
	"testing"
)

func TestFontsAreThereWithTheirLicences(t *testing.T) {
	for _, name := range []string{FontRegular, FontMedium, FontBold, FontItalic, FontMono, FontMonoMedium} {
		data, err := Font(name)
		if err != nil || len(data) < 50_000 {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
	licences := Licences()
	for _, part := range []string{"Inter", "JetBrainsMono", "Phosphor"} {
		found := false
		for name, text := range licences {
			found = found || strings.Contains(name, part) && len(text) > 500
		}
		if !found {
			t.Errorf("no licence of %s", part)
		}
	}
}

func TestIconsAreOneFillFor16Px(t *testing.T) {
	names := IconNames()
	if len(names) < 100 {
		t.Fatalf("%d icons", len(names))
	}
	for _, name := range names {
		data, err := Icon(name)
		if err != nil {
			t.Fatal(err)
		}
		var svg struct {
			ViewBox string `xml:"viewBox,attr"`
			Paths   []struct {
				D      string `xml:"d,attr"`
				Stroke string `xml:"stroke,attr"`
			} `xml:"path"`
		}
		if err := xml.Unmarshal(data, &svg); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if svg.ViewBox != "0 0 16 16" || len(svg.Paths) == 0 {
			t.Errorf("%s: view box %q, %d paths", name, svg.ViewBox, len(svg.Paths))
		}
		for _, p := range svg.Paths {
			// Fyne's reader paints arcs as blobs and drops strokes.
			if p.Stroke != "" || strings.ContainsAny(p.D, "Aa") {
				t.Errorf("%s: strokes or arcs", name)
			}
		}
	}
}

func TestUnknownNamesAreSaid(t *testing.T) {
	if _, err := Icon("no such"); err == nil || !strings.Contains(err.Error(), "no such") {
		t.Error(err)
	}
	if _, err := Font("no such"); err == nil {
		t.Error("a font out of nowhere")
	}
}

func TestAppIconIsAPictureOf512(t *testing.T) {
	img, err := png.Decode(bytes.NewReader(AppIcon()))
	if err != nil || img.Bounds().Dx() != 512 || img.Bounds().Dy() != 512 {
		t.Error(err)
	}
}

func TestTokensAreColoursInBothVariants(t *testing.T) {
	var tokens map[string][2]string
	if err := json.Unmarshal(Tokens(), &tokens); err != nil {
		t.Fatal(err)
	}
	for name, v := range tokens {
		for _, c := range v {
			if len(c) != 6 && len(c) != 8 {
				t.Errorf("%s: %q", name, c)
			}
		}
	}
}
