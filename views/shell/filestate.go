package shell

import (
	"context"
	"os"
	"path/filepath"
)

// fileState tells what is at a path: "" nothing, "there" a file, "folder", or
// "nowhere" if its folder does not exist.
func fileState(path string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		switch at, err := os.Stat(path); {
		case err == nil && at.IsDir():
			return "folder", nil
		case err == nil:
			return "there", nil
		}
		if dir, err := os.Stat(filepath.Dir(path)); err != nil || !dir.IsDir() || filepath.Base(path) == "." {
			return "nowhere", nil
		}
		return "", nil
	}
}
