package directory

import "fmt"

// Refusal is what a directory answered in place of doing something.
type Refusal struct {
	Code       uint16 // LDAP result code (RFC 4511 4.1.9)
	Name       string // insufficientAccessRights
	Message    string // the server's own words
	Controller string
	DN         string    // of the object
	Attribute  Attribute // that is to blame; empty where the server does not tell
}

func (r *Refusal) Error() string {
	s := fmt.Sprintf("%s (%d)", r.Name, r.Code)
	if r.Message != "" {
		s += ": " + r.Message
	}
	return s
}
