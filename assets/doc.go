// Package assets holds what the program carries inside itself: fonts, icons,
// the theme tokens, translations and example forms. It knows nothing of any toolkit.
//
// The fonts are Inter and JetBrains Mono (SIL Open Font License), the icons
// Phosphor (MIT) and a few of our own; each folder keeps its licence.
package assets
