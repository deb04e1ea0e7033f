package about

import (
	"embed"
	"path"
	"slices"
	"strings"

	"posthouse/assets"
)

//go:embed licences/*.txt
var texts embed.FS

// licence is the text under which a part of the program stands.
type licence struct {
	part string // "github.com/spf13/cobra", "Inter"
	kind string // "MIT"; "" unknown
	text string
}

// own and goLicence are parts that are no modules.
const (
	own       = "posthouse"
	goLicence = "go.dev"
)

// file is the name of the text of a module.
func file(module string) string { return strings.ReplaceAll(module, "/", "_") + ".txt" }

// licences are those of all libraries, by name; ours is not among them.
func licences() []licence {
	entries, err := texts.ReadDir("licences")
	if err != nil {
		return nil
	}
	var list []licence
	for _, e := range entries {
		b, err := texts.ReadFile(path.Join("licences", e.Name()))
		part := strings.TrimSuffix(e.Name(), ".txt")
		if err != nil || part == own {
			continue
		}
		part = strings.ReplaceAll(part, "_", "/")
		if part == goLicence {
			part = "Go"
		}
		list = append(list, licence{part, kindOf(string(b)), string(b)})
	}
	return list
}

// drawn are the licences of fonts and icons.
func drawn() []licence {
	var list []licence
	for name, text := range assets.Licences() {
		part := strings.TrimSuffix(strings.TrimPrefix(name, "LICENSE-"), ".txt")
		part = strings.TrimSuffix(part, "-OFL")
		if part == "JetBrainsMono" {
			part = "JetBrains Mono"
		}
		list = append(list, licence{part, kindOf(text), text})
	}
	slices.SortFunc(list, func(a, b licence) int { return strings.Compare(a.part, b.part) })
	return list
}

// ours is the licence of the program.
func ours() licence {
	b, _ := texts.ReadFile("licences/" + own + ".txt")
	return licence{"Posthouse", kindOf(string(b)), string(b)}
}

// wrapped breaks the lines of a text at spaces.
func wrapped(text string, columns int) string {
	var b strings.Builder
	for _, line := range strings.Split(text, "\n") {
		for len(line) > columns {
			at := strings.LastIndexByte(line[:columns+1], ' ')
			if strings.TrimSpace(line[:max(at, 0)]) == "" {
				break
			}
			b.WriteString(line[:at] + "\n")
			line = strings.TrimLeft(line[at:], " ")
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// kindOf recognises the usual licences by their words.
func kindOf(text string) string {
	// What follows are parts that the library brings along.
	text, _, _ = strings.Cut(text, "\n---- ")
	has := func(s string) bool {
		return strings.Contains(strings.ToLower(strings.Join(strings.Fields(text), " ")), s)
	}
	switch {
	case has("sil open font license"):
		return "SIL OFL 1.1"
	case has("mozilla public license"):
		return "MPL 2.0"
	case has("apache license"):
		return "Apache 2.0"
	case has("neither the name"):
		return "BSD 3-Clause"
	case has("redistributions of source code"):
		return "BSD 2-Clause"
	case has("permission to use, copy, modify, and/or distribute"), has("permission to use, copy, modify, and distribute this software"):
		return "ISC"
	case has("permission is hereby granted, free of charge"):
		return "MIT"
	}
	return ""
}
