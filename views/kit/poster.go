package kit

// Poster runs a function on Fyne's goroutine, soon. It is fyne.Do in the
// program and a drained queue in tests.
type Poster func(func())
