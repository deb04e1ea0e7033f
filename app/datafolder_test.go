//go:build !windows && !darwin

package app

import "testing"

func TestDefaultDataFolder(t *testing.T) {
	for _, c := range []struct{ home, xdg, want string }{
		{"/home/anna", "", "/home/anna/.local/share/posthouse"},
		{"/home/anna", "/data", "/data/posthouse"},
		{"/home/anna", "relative", "/home/anna/.local/share/posthouse"},
	} {
		got, err := defaultFolder(func(name string) string {
			return map[string]string{"HOME": c.home, "XDG_DATA_HOME": c.xdg}[name]
		})
		if err != nil || got != c.want {
			t.Errorf("HOME=%s XDG_DATA_HOME=%s gives %q, %v, want %q", c.home, c.xdg, got, err, c.want)
		}
	}
}
