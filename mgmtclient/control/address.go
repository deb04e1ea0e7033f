package control

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
)

// nameOf is a short name for a data folder, the same for every spelling of its
// path that the system resolves.
func nameOf(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	sum := sha256.Sum256([]byte(canonical(dir)))
	return hex.EncodeToString(sum[:12])
}
