//go:build !windows && !darwin

package app

import "path/filepath"

// defaultFolder is $XDG_DATA_HOME/posthouse or ~/.local/share/posthouse. A
// relative XDG_DATA_HOME is ignored, as the XDG Base Directory Specification asks.
func defaultFolder(getenv func(string) string) (string, error) {
	if filepath.IsAbs(getenv("XDG_DATA_HOME")) {
		return homeFolder(getenv, "XDG_DATA_HOME", "posthouse")
	}
	return homeFolder(getenv, "HOME", ".local", "share", "posthouse")
}
