package app

// defaultFolder is %LOCALAPPDATA%\Posthouse.
func defaultFolder(getenv func(string) string) (string, error) {
	return homeFolder(getenv, "LOCALAPPDATA", "Posthouse")
}
