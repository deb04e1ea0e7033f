package forest

import (
	"errors"

	"posthouse/directory"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// reason is why something failed, without its codes.
func reason(err error) string {
	var e *mq.Error
	if errors.As(err, &e) && e.Why != "" {
		return e.Why
	}
	return err.Error()
}

// refused gives an error of the directory the Refusal that a console looks for.
func refused(k directory.Kind, err error) error {
	var e *mq.Error
	var r *directory.Refusal
	if !errors.As(err, &e) || !errors.As(err, &r) {
		return err
	}
	text := r.Message
	if text == "" {
		text = e.Why
	}
	c := *e
	c.Err = &mgmtclient.Refusal{Controller: r.Controller, Code: r.Code, Name: r.Name, Text: text, Field: fieldOf(k, r.Attribute)}
	return &c
}

// invalid is our own refusal of a field, before the directory is asked.
func invalid(op string, f mgmtclient.Field, code mq.HResult, why, fix string) error {
	return &mq.Error{Code: code, Op: op, Why: why, Fix: fix, Err: &mgmtclient.Refusal{Text: why, Field: f}}
}
