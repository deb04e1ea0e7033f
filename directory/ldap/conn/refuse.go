package conn

import (
	"regexp"
	"strings"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/localqm/mq"
)

// refuse makes the error of a controller's answer.
func refuse(op, controller string, code uint16, said string) *mq.Error {
	return ldap.Refuse(op, &directory.Refusal{Code: code, Message: words(said), Controller: controller})
}

// words are the server's, as one line.
func words(s string) string { return strings.Join(strings.Fields(strings.Trim(s, "\x00")), " ") }

// Why a sign-in was refused is in the middle of Active Directory's words, as a Win32 code
// (MS-ERREF 2.2).
var (
	winCode = regexp.MustCompile(`\bdata ([0-9a-fA-F]{1,8})\b`)

	signInReasons = map[string]struct{ why, fix string }{
		"530": {"the account may not sign in at this time", "sign in during its logon hours, or with another account"},
		"531": {"the account may not sign in from this computer", "have the administrator allow it, or use another account"},
		"532": {"the password has expired", "set a new one first"},
		"533": {"the account is disabled", "have the administrator of the domain enable it"},
		"701": {"the account has expired", "have the administrator of the domain extend it"},
		"773": {"the password must be changed before the first sign-in", "set a new one first"},
		"775": {"the account is locked, after too many wrong passwords", "wait, or have the administrator of the domain unlock it"},
	}
)

// refuseSignIn is refuse, with the reason where it is told.
func refuseSignIn(controller string, code uint16, said string) *mq.Error {
	e := refuse("sign in to the directory", controller, code, said)
	if m := winCode.FindStringSubmatch(said); m != nil {
		if r, ok := signInReasons[strings.ToLower(m[1])]; ok {
			e.Why, e.Fix = r.why+"; "+controller+" answers "+mq.Quote(words(said)), r.fix
		}
	}
	return e
}
