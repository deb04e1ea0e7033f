package accounts

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"posthouse/localqm/mq"
)

// The limits of names and passwords, as Windows has them.
const (
	maxName      = 20
	maxPrincipal = 256
	maxPassword  = 256 // UTF-16 units
)

func refuse(op, format string, args ...any) *mq.Error {
	return mq.Errorf(mq.ErrInvalidParameter, op, format, args...)
}

func checkName(op, name string) error {
	const rule = `use 1 to 20 characters, none of them one of "/\[]:;|=,+*?<>@`
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return refuse(op, "it has no name").WithFix(rule)
	case n > maxName:
		return refuse(op, "the name has %d characters, more than %d", n, maxName).WithFix(rule)
	case strings.ContainsAny(name, `"/\[]:;|=,+*?<>@`) || !printable(name):
		return refuse(op, "the name has a character that no account has").WithFix(rule)
	case strings.Trim(name, ". ") == "" || strings.HasSuffix(name, ".") || strings.TrimSpace(name) != name:
		return refuse(op, "the name begins or ends with a space, or ends with a dot").WithFix(rule)
	}
	return nil
}

func checkPrincipal(op, principal string) error {
	const rule = "write it as user@REALM"
	user, realm, _ := strings.Cut(principal, "@")
	switch {
	case user == "" || realm == "" || strings.Contains(realm, "@"):
		return refuse(op, "it is not a name and a realm").WithFix(rule)
	case len(principal) > maxPrincipal:
		return refuse(op, "it has %d bytes, more than %d", len(principal), maxPrincipal).WithFix(rule)
	case strings.ContainsAny(principal, ` "\`) || !printable(principal):
		return refuse(op, "it has a character that no principal has").WithFix(rule)
	}
	return nil
}

func checkPassword(op, password string) error {
	switch n := len(utf16.Encode([]rune(password))); {
	case n == 0:
		return refuse(op, "the password is empty").WithFix("give one; nobody signs in over the network without")
	case n > maxPassword:
		return refuse(op, "the password has %d characters, more than %d", n, maxPassword).WithFix("choose a shorter one")
	case !utf8.ValidString(password):
		return refuse(op, "the password is not UTF-8").WithFix("give it as text")
	}
	return nil
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}
