package theme

import (
	"fmt"
	"sync"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"posthouse/assets"
)

var (
	fonts = loadFonts()
	icons = loadIcons()
)

// MediumFont is the text font in weight 500, for canvas.Text.FontSource: Fyne
// knows only regular and bold by style.
func MediumFont() fyne.Resource { return fonts[assets.FontMedium] }

// AppIcon is the icon of the program and its windows.
func AppIcon() fyne.Resource {
	return fyne.NewStaticResource("posthouse.png", assets.AppIcon())
}

type iconKey struct {
	name  string
	color fyne.ThemeColorName
}

var coloured sync.Map // iconKey -> *fynetheme.ThemedResource

// Icon is the icon called name in a token's colour; it follows the variant
// shown. An unknown name gives the question mark, so that a slip is seen and
// the window still works.
func Icon(name string, color fyne.ThemeColorName) fyne.Resource {
	key := iconKey{name, color}
	if r, ok := coloured.Load(key); ok {
		return r.(fyne.Resource)
	}
	src, ok := icons[name]
	if !ok {
		src = icons["question"]
	}
	r, _ := coloured.LoadOrStore(key, fynetheme.NewColoredResource(src, color))
	return r.(fyne.Resource)
}

// HasIcon reports whether there is an icon called name.
func HasIcon(name string) bool {
	_, ok := icons[name]
	return ok
}

func loadFonts() map[string]fyne.Resource {
	out := map[string]fyne.Resource{}
	for _, name := range []string{
		assets.FontRegular, assets.FontMedium, assets.FontBold,
		assets.FontItalic, assets.FontMono, assets.FontMonoMedium,
	} {
		data, err := assets.Font(name)
		if err != nil {
			panic(fmt.Sprintf("theme: %v", err))
		}
		out[name] = fyne.NewStaticResource(name, data)
	}
	return out
}

func loadIcons() map[string]fyne.Resource {
	out := map[string]fyne.Resource{}
	for _, name := range assets.IconNames() {
		data, err := assets.Icon(name)
		if err != nil {
			panic(fmt.Sprintf("theme: %v", err))
		}
		out[name] = fyne.NewStaticResource("posthouse-"+name+".svg", data)
	}
	return out
}

// fyneIcons replaces the icons of Fyne's own widgets by ours.
var fyneIcons = map[fyne.ThemeIconName]string{
	fynetheme.IconNameCancel:         "x",
	fynetheme.IconNameConfirm:        "check",
	fynetheme.IconNameDelete:         "delete",
	fynetheme.IconNameSearch:         "search",
	fynetheme.IconNameMenu:           "list",
	fynetheme.IconNameMenuExpand:     "caret-right",
	fynetheme.IconNameArrowDropDown:  "caret-down",
	fynetheme.IconNameArrowDropUp:    "caret-up",
	fynetheme.IconNameMoveDown:       "arrow-down",
	fynetheme.IconNameMoveUp:         "arrow-up",
	fynetheme.IconNameNavigateBack:   "arrow-left",
	fynetheme.IconNameNavigateNext:   "arrow-right",
	fynetheme.IconNameFolder:         "folder",
	fynetheme.IconNameFolderOpen:     "folder-open",
	fynetheme.IconNameFile:           "file",
	fynetheme.IconNameFileText:       "text",
	fynetheme.IconNameInfo:           "info",
	fynetheme.IconNameQuestion:       "question",
	fynetheme.IconNameWarning:        "warning",
	fynetheme.IconNameError:          "x-circle",
	fynetheme.IconNameVisibility:     "eye",
	fynetheme.IconNameVisibilityOff:  "eye-off",
	fynetheme.IconNameSettings:       "settings",
	fynetheme.IconNameHome:           "home",
	fynetheme.IconNameComputer:       "computer",
	fynetheme.IconNameStorage:        "disk",
	fynetheme.IconNameContentCopy:    "copy",
	fynetheme.IconNameContentAdd:     "plus",
	fynetheme.IconNameContentRemove:  "minus",
	fynetheme.IconNameViewRefresh:    "refresh",
	fynetheme.IconNameMoreHorizontal: "more",
	fynetheme.IconNameDocumentSave:   "save",
	fynetheme.IconNameDocumentCreate: "edit",
	fynetheme.IconNameList:           "rows",
	fynetheme.IconNameMailCompose:    "compose",
	fynetheme.IconNameMailSend:       "send",
	fynetheme.IconNameRadioButton:    "circle",
	fynetheme.IconNameHistory:        "history",
}
