package form

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"posthouse/localqm/mq"
)

// Set is what a folder of forms holds.
type Set struct {
	Folder string
	Forms  []*Form // by title
	Broken []Broken
}

// Broken is a file that holds no usable form.
type Broken struct {
	File     string
	Problems []Problem
}

// Find finds a form by its id.
func (s Set) Find(id string) (*Form, bool) {
	i := slices.IndexFunc(s.Forms, func(f *Form) bool { return f.ID == id })
	if i < 0 {
		return nil, false
	}
	return s.Forms[i], true
}

// maxFiles is how many files of a folder are read.
const maxFiles = 500

// Load reads all forms of a folder. A broken one does not hide the others; a
// folder that is not there has no forms.
func Load(folder string) (Set, error) {
	s := Set{Folder: folder}
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, mq.Errorf(mq.ErrGeneric, "read the forms of "+folder, "%w", err).WithFix("choose a folder that you may read")
	}
	read := 0
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || strings.HasPrefix(name, ".") || !isForm(name) {
			continue
		}
		if read++; read > maxFiles {
			s.Broken = append(s.Broken, Broken{name, []Problem{{File: name, What: fmt.Sprintf("there are more than %d files in this folder", maxFiles), Fix: "move some elsewhere"}}})
			break
		}
		f, problems := readFile(folder, name)
		if f != nil {
			if twin, twice := s.Find(f.ID); twice {
				f, problems = nil, []Problem{{File: name, What: fmt.Sprintf("its id “%s” is that of %s", f.ID, twin.File), Fix: "give each form an id of its own"}}
			}
		}
		if f == nil {
			s.Broken = append(s.Broken, Broken{name, problems})
			continue
		}
		s.Forms = append(s.Forms, f)
	}
	slices.SortStableFunc(s.Forms, func(a, b *Form) int { return strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)) })
	return s, nil
}

func isForm(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".yaml" || ext == ".yml"
}

func readFile(folder, name string) (*Form, []Problem) {
	path := filepath.Join(folder, name)
	if info, err := os.Stat(path); err == nil && info.Size() > maxFile {
		return Read(name, make([]byte, maxFile+1))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, []Problem{{File: name, What: "it cannot be read: " + err.Error(), Fix: "look at its permissions"}}
	}
	return Read(name, data)
}

// Copy puts files into a folder, which it makes if need be. Files that are
// there already stay as they are.
func Copy(folder string, files map[string][]byte) (copied int, err error) {
	failed := func(err error) error {
		return mq.Errorf(mq.ErrGeneric, "write forms to "+folder, "%w", err).WithFix("choose a folder that you may write to")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return 0, failed(err)
	}
	for name, data := range files {
		f, err := os.OpenFile(filepath.Join(folder, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return copied, failed(err)
		}
		_, err = f.Write(data)
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			return copied, failed(err)
		}
		copied++
	}
	return copied, nil
}
