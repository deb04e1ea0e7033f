package mq

import (
	"errors"
	"fmt"
)

// Error is a failed operation for its two readers: the peer gets the Code, the
// person gets what was tried, why it failed and what to do about it.
type Error struct {
	Code HResult // what a peer is answered (MS-MQMQ 2.4)
	Op   string  // what was tried: `open queue .\private$\orders`
	Why  string  // the reason in plain words; empty: the code's own words
	Fix  string  // what the person can do; may be empty
	Err  error   // the cause, for the log
}

// Errorf makes an Error whose reason is formatted; %w keeps a cause.
func Errorf(code HResult, op, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Op: op, Why: err.Error(), Err: errors.Unwrap(err)}
}

// WithFix returns e with the advice set.
func (e *Error) WithFix(format string, args ...any) *Error {
	e.Fix = fmt.Sprintf(format, args...)
	return e
}

// Error is the one line a person sees.
func (e *Error) Error() string {
	s := ""
	if e.Op != "" {
		s = e.Op + ": "
	}
	s += fmt.Sprintf("%s (0x%08X)", e.Code.Name(), uint32(e.Code))
	why := e.Why
	if why == "" {
		why = e.Code.Text()
	}
	if why != "" {
		s += ": " + why
	}
	if e.Fix != "" {
		s += "; " + e.Fix
	}
	return s
}

// Unwrap gives errors.Is and errors.As the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, mq.ErrQueueNotFound) true for every Error of that code.
func (e *Error) Is(target error) bool {
	code, ok := target.(HResult)
	return ok && code == e.Code
}

// CodeOf is the HRESULT of err: MQ_OK for nil, MQ_ERROR for what carries none.
func CodeOf(err error) HResult {
	if err == nil {
		return OK
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	var h HResult
	if errors.As(err, &h) {
		return h
	}
	return ErrGeneric
}
