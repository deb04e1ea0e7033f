package assets

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
)

//go:embed fonts icons forms tokens.json icon.png
var files embed.FS

// Fonts of the program, by the use they are put to.
const (
	FontRegular    = "PosthouseUI-Regular.otf"
	FontMedium     = "PosthouseUI-Medium.otf"
	FontBold       = "PosthouseUI-SemiBold.otf"
	FontItalic     = "PosthouseUI-Italic.otf"
	FontMono       = "PosthouseMono-Regular.ttf"
	FontMonoMedium = "PosthouseMono-Medium.ttf"
)

// Font returns the font file of one of the Font names.
func Font(name string) ([]byte, error) {
	return read("fonts", name)
}

// Icon returns the SVG of the icon called name, such as "queue": one fill, no
// strokes, drawn for 16 px. IconNames lists them.
func Icon(name string) ([]byte, error) {
	return read("icons", name+".svg")
}

// IconNames lists all icons, sorted.
func IconNames() []string {
	entries, err := files.ReadDir("icons")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".svg"); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// AppIcon is the program's icon, a PNG of 512 x 512 px.
func AppIcon() []byte {
	data, _ := files.ReadFile("icon.png")
	return data
}

// Tokens is the colour table of the look as JSON: an object of
// token: [light, dark], each RRGGBB or RRGGBBAA.
func Tokens() []byte {
	data, _ := files.ReadFile("tokens.json")
	return data
}

// Licences returns the licence texts of fonts and icons, by file name.
func Licences() map[string]string {
	out := map[string]string{}
	for _, dir := range []string{"fonts", "icons"} {
		entries, err := files.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), "LICENSE") {
				data, _ := files.ReadFile(path.Join(dir, e.Name()))
				out[e.Name()] = string(data)
			}
		}
	}
	return out
}

func read(dir, name string) ([]byte, error) {
	data, err := files.ReadFile(path.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("assets: no %s called %q", strings.TrimSuffix(dir, "s"), name)
	}
	return data, nil
}
