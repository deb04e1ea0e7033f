package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// MenuItem makes an item of a menu with one of our icons.
func MenuItem(text, icon string, action func()) *fyne.MenuItem {
	item := fyne.NewMenuItem(text, action)
	if icon != "" {
		item.Icon = theme.Icon(icon, theme.Muted)
	}
	return item
}

// MenuSeparator is a line between items.
func MenuSeparator() *fyne.MenuItem { return fyne.NewMenuItemSeparator() }

// ShowMenu opens a menu at a place of the window that holds owner, such as
// the one OnMenu of a Grid gets.
func ShowMenu(owner fyne.CanvasObject, at fyne.Position, items ...*fyne.MenuItem) *widget.PopUpMenu {
	c := canvasOf(owner)
	if c == nil || len(items) == 0 {
		return nil
	}
	hideTip(owner)
	m := widget.NewPopUpMenu(fyne.NewMenu("", items...), c)
	m.ShowAtPosition(at)
	return m
}

// ShowMenuBelow opens a menu below owner, at least as wide.
func ShowMenuBelow(owner fyne.CanvasObject, items ...*fyne.MenuItem) *widget.PopUpMenu {
	pos := fyne.CurrentApp().Driver().AbsolutePositionForObject(owner)
	m := ShowMenu(owner, pos.AddXY(0, owner.Size().Height+2), items...)
	if m != nil && m.Size().Width < owner.Size().Width {
		m.Resize(fyne.NewSize(owner.Size().Width, m.Size().Height))
	}
	return m
}
