package ldap

import (
	"fmt"

	"posthouse/directory"
	"posthouse/localqm/mq"
)

// Result codes of LDAP (RFC 4511 4.1.9) that are told apart here.
const (
	CodeTimeLimit        uint16 = 3
	CodeSizeLimit        uint16 = 4
	CodeReferral         uint16 = 10
	CodeAdminLimit       uint16 = 11
	CodeNoAttribute      uint16 = 16
	CodeUndefinedType    uint16 = 17
	CodeConstraint       uint16 = 19
	CodeValueExists      uint16 = 20
	CodeSyntax           uint16 = 21
	CodeNoObject         uint16 = 32
	CodeBadDN            uint16 = 34
	CodeCredentials      uint16 = 49
	CodeAccess           uint16 = 50
	CodeBusy             uint16 = 51
	CodeUnavailable      uint16 = 52
	CodeUnwilling        uint16 = 53
	CodeNaming           uint16 = 64
	CodeObjectClass      uint16 = 65
	CodeNotLeaf          uint16 = 66
	CodeObjectExists     uint16 = 68
	codeOperationsError  uint16 = 1
	codeStrongerAuth     uint16 = 8
	codeUnavailableCtrl  uint16 = 12
	codeConfidentiality  uint16 = 13
	codeRDNNotAllowed    uint16 = 67
	codeClassModsRefused uint16 = 69
	codeOther            uint16 = 80
)

// result is what people call a code, how MSMQ does, why and what to do.
type result struct {
	name     string
	code     mq.HResult
	why, fix string
}

// errMachineExists is MQ_ERROR_MACHINE_EXISTS (MS-MQMQ 2.4).
const errMachineExists mq.HResult = 0xC00E0040

var results = map[uint16]result{
	codeOperationsError:  {"operationsError", mq.ErrDS, "the directory wants a sign-in first, or failed", "sign in with a user name and a password"},
	CodeTimeLimit:        {"timeLimitExceeded", mq.ErrDS, "it takes longer than the directory allows", "search for less"},
	CodeSizeLimit:        {"sizeLimitExceeded", mq.ErrDS, "there is more than the directory gives at once", "search for less"},
	codeStrongerAuth:     {"strongerAuthRequired", mq.ErrAccessDenied, "the directory wants a connection that is signed and sealed, or TLS", "choose TLS or Kerberos for the directory"},
	CodeReferral:         {"referral", mq.ErrObjectNotFound, "it is in another domain of the forest", "sign in at a controller of that domain"},
	CodeAdminLimit:       {"adminLimitExceeded", mq.ErrDS, "the directory's limits do not allow it", "do it in smaller steps"},
	codeUnavailableCtrl:  {"unavailableCriticalExtension", mq.ErrDS, "the directory does not know a control that is needed", "use a controller of Active Directory"},
	codeConfidentiality:  {"confidentialityRequired", mq.ErrAccessDenied, "the directory wants a connection that is sealed", "choose TLS or Kerberos for the directory"},
	CodeNoAttribute:      {"noSuchAttribute", mq.ErrDS, "the object does not have that value", "read it again"},
	CodeUndefinedType:    {"undefinedAttributeType", mq.ErrDS, "the schema of the directory does not know an attribute", "extend the schema of the forest with Message Queuing's classes"},
	CodeConstraint:       {"constraintViolation", mq.ErrIllegalPropertyValue, "a value breaks a rule of the directory, or names an object that does not exist", "check the values and the names in them"},
	CodeValueExists:      {"attributeOrValueExists", mq.ErrDS, "the object has that value already", "read it again"},
	CodeSyntax:           {"invalidAttributeSyntax", mq.ErrIllegalPropertyValue, "a value has a form or a length that the directory does not take", "check the values"},
	CodeNoObject:         {"noSuchObject", mq.ErrObjectNotFound, "it is not in the directory, or may not be seen", "check the name, or read the list again"},
	CodeBadDN:            {"invalidDNSyntax", mq.ErrInvalidParameter, "it is not a distinguished name", "write it as CN=name,CN=container,DC=domain,DC=example"},
	CodeCredentials:      {"invalidCredentials", mq.ErrAccessDenied, "the user name or the password is wrong", "sign in again"},
	CodeAccess:           {"insufficientAccessRights", mq.ErrAccessDenied, "the account that is signed in lacks the right to do it", "ask an administrator of the domain for the right, or sign in with another account"},
	CodeBusy:             {"busy", mq.ErrNoDS, "the directory is busy", "try again"},
	CodeUnavailable:      {"unavailable", mq.ErrNoDS, "the directory is not available now", "try again"},
	CodeUnwilling:        {"unwillingToPerform", mq.ErrDS, "the directory does not do that", "see what it says"},
	CodeNaming:           {"namingViolation", mq.ErrDS, "an object of this class cannot be in that container", "choose another container"},
	CodeObjectClass:      {"objectClassViolation", mq.ErrDS, "something that the class of the object needs is missing, or is not allowed", "fill in what is missing"},
	CodeNotLeaf:          {"notAllowedOnNonLeaf", mq.ErrDS, "there are objects below it", "delete those first, or all together"},
	codeRDNNotAllowed:    {"notAllowedOnRDN", mq.ErrPropertyNotAllowed, "the name of an object cannot be changed", "make a new object"},
	CodeObjectExists:     {"entryAlreadyExists", mq.ErrDS, "an object of this name exists already", "choose another name"},
	codeClassModsRefused: {"objectClassModsProhibited", mq.ErrDS, "the class of an object cannot be changed", "make a new object"},
	codeOther:            {"other", mq.ErrDS, "the directory failed", "see what it says"},
}

// ResultName is the name that RFC 4511 gives a result code.
func ResultName(code uint16) string {
	if r, ok := results[code]; ok {
		return r.name
	}
	return fmt.Sprintf("resultCode%d", code)
}

// Refuse makes the error of an answer that is not success, for both its readers: the
// code by MS-MQDSSM 2.2.6 and MS-MQMQ 2.4, the reason in plain words with the
// directory's own behind them. A name that r lacks is filled in.
func Refuse(op string, r *directory.Refusal) *mq.Error {
	w, ok := results[r.Code]
	if !ok {
		w = result{ResultName(r.Code), mq.ErrDS, "the directory refused", "see what it says"}
	}
	if r.Name == "" {
		r.Name = w.name
	}
	who := r.Controller
	if who == "" {
		who = "the directory"
	}
	why := fmt.Sprintf("%s; %s answers %s (%d)", w.why, who, r.Name, r.Code)
	if r.Message != "" {
		why += ": " + mq.Quote(r.Message)
	}
	return &mq.Error{Code: w.code, Op: op, Why: why, Fix: w.fix, Err: r}
}
