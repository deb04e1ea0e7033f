package app

// defaultFolder is ~/Library/Application Support/Posthouse.
func defaultFolder(getenv func(string) string) (string, error) {
	return homeFolder(getenv, "HOME", "Library", "Application Support", "Posthouse")
}
