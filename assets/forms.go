package assets

import "path"

// Forms returns the example entry forms, by file name.
func Forms() map[string][]byte {
	out := map[string][]byte{}
	entries, err := files.ReadDir("forms")
	if err != nil {
		return out
	}
	for _, e := range entries {
		out[e.Name()], _ = files.ReadFile(path.Join("forms", e.Name()))
	}
	return out
}
