package shell

import (
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"posthouse/views/kit"
	"posthouse/views/screen"
)

// askName asks where to save a file. Fyne's own file dialog creates the file
// as soon as a name is chosen; this one only asks.
func (s *Shell) askName(title, name string, then func(path string)) {
	dir := lastFolder.Get(s.prefs)
	if dir == "" {
		if home, err := os.UserHomeDir(); err == nil {
			dir = home
		}
	}
	field := kit.NewField("").Mono().Tall()
	field.SetText(filepath.Join(dir, name))
	note := kit.NewMuted("")
	save := kit.NewButton("Save", "save", nil).Primary()
	choose := kit.NewButton("Folder…", "folder-open", nil).Tall()
	d := kit.NewDialog(title, "save", kit.Stack(8, kit.Grow(0, field, choose), note)).Wide(512)
	choose.OnTapped = func() {
		pick := dialog.NewFolderOpen(func(uri fyne.ListableURI, err error) {
			if err == nil && uri != nil {
				field.SetText(filepath.Join(uri.Path(), filepath.Base(field.Text())))
			}
		}, s.o.Window)
		if at := s.folder(); at != nil {
			pick.SetLocation(at)
		}
		pick.Resize(fyne.NewSize(720, 480))
		pick.Show()
	}
	asked := ""
	save.OnTapped = func() {
		path := field.Text()
		screen.Load(s.scope, fileState(path), func(state string, _ error) {
			switch {
			case state == "folder":
				field.SetError("This is a folder: add a name")
			case state == "nowhere":
				field.SetError("There is no folder " + filepath.Dir(path))
			case state == "there" && asked != path:
				asked = path
				field.SetError("A file of this name exists: Save again replaces it")
				save.SetText("Replace")
			default:
				lastFolder.Set(s.prefs, filepath.Dir(path))
				d.Close()
				then(path)
			}
			d.Refresh()
		})
	}
	field.OnChanged = func(string) {
		if field.Error() != "" {
			field.SetError("")
			save.SetText("Save")
			d.Refresh()
		}
	}
	d.Buttons(kit.NewButton("Cancel", "", d.Close), save)
	d.FirstFocus(field.Focusable())
	s.Show(d)
}
