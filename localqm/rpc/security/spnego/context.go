package spnego

import (
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

// agreed is the context of the mechanism that was agreed on, which does all that comes
// after; before, there is none.
type agreed struct{ inner security.Context }

// SignatureSize is that of the mechanism.
func (a *agreed) SignatureSize(l security.Level) int {
	if a.inner == nil {
		return 0
	}
	return a.inner.SignatureSize(l)
}

// Protect is the mechanism's.
func (a *agreed) Protect(l security.Level, f security.Fragment) ([]byte, error) {
	if a.inner == nil {
		return nil, tooEarly()
	}
	return a.inner.Protect(l, f)
}

// Open is the mechanism's.
func (a *agreed) Open(l security.Level, f security.Fragment, signature []byte) error {
	if a.inner == nil {
		return tooEarly()
	}
	return a.inner.Open(l, f, signature)
}

// Wrap is the mechanism's, if it wraps.
func (a *agreed) Wrap(l security.Level, message []byte) ([]byte, error) {
	w, err := a.wrapper()
	if err != nil {
		return nil, err
	}
	return w.Wrap(l, message)
}

// Unwrap is the mechanism's, if it wraps.
func (a *agreed) Unwrap(l security.Level, token []byte) ([]byte, error) {
	w, err := a.wrapper()
	if err != nil {
		return nil, err
	}
	return w.Unwrap(l, token)
}

func (a *agreed) wrapper() (security.Wrapper, error) {
	if w, ok := a.inner.(security.Wrapper); ok {
		return w, nil
	}
	return nil, tooEarly()
}

// Identity is who the mechanism says it is.
func (a *agreed) Identity() security.Identity {
	if a.inner == nil {
		return security.Identity{}
	}
	return a.inner.Identity()
}

func tooEarly() *mq.Error {
	return mq.Errorf(mq.ErrBadSecurityContext, "protect a call by SPNEGO", "no mechanism has been agreed on yet").
		WithFix("finish signing in before the first call")
}

// signer is the mechanism, if it signs.
func (a *agreed) signer() (security.Signer, bool) {
	s, ok := a.inner.(security.Signer)
	return s, ok && s.CanSign()
}

func tampered(why string) *mq.Error {
	return mq.Errorf(mq.ErrCorruptedSecurityData, "sign in with SPNEGO", "%s", why).
		WithFix("somebody between the two computers may have changed which mechanisms they offer: find out who")
}
