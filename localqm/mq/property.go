package mq

import (
	"fmt"
	"math"
	"strings"
)

// PropID identifies a property among those of its kind of object (PROPID,
// MS-MQMQ 2.3).
type PropID uint32

// Settable says when a property can be given a value.
type Settable uint8

// When a property can be set.
const (
	SetNever  Settable = iota // the queue manager gives it
	SetOnce                   // when the queue is created or the message sent
	SetAlways                 // at any time
)

// Property describes one property. Minimum and Maximum bound a number; Maximum
// bounds the UTF-16 units of a text without its NUL; both 0: its type alone
// bounds it.
type Property struct {
	ID               PropID
	Name             string // PROPID_Q_LABEL
	Type             VarType
	Set              Settable
	Default          any // of Type; nil: none
	Minimum, Maximum int64
	Text             string // what it is called before people
}

// Properties are those of one kind of object, by rising ID.
type Properties []Property

// ByID finds a property.
func (ps Properties) ByID(id PropID) (Property, bool) {
	for _, p := range ps {
		if p.ID == id {
			return p, true
		}
	}
	return Property{}, false
}

// ByName finds a property by its whole name, in any case.
func (ps Properties) ByName(name string) (Property, bool) {
	for _, p := range ps {
		if strings.EqualFold(p.Name, name) {
			return p, true
		}
	}
	return Property{}, false
}

// CheckNumber reports a number outside the limits of the property, as an
// *Error with MQ_ERROR_ILLEGAL_PROPERTY_VALUE.
func (p Property) CheckNumber(n int64) error {
	low, high := p.Minimum, p.Maximum
	if low == 0 && high == 0 {
		low, high = p.Type.bounds()
	}
	if n < low || n > high {
		return Errorf(ErrIllegalPropertyValue, "set "+p.Text, "%d is outside %d to %d", n, low, high).
			WithFix("choose a number from %d to %d", low, high)
	}
	return nil
}

// CheckText reports a text that is too long or cannot be stored, as an *Error
// with MQ_ERROR_ILLEGAL_PROPERTY_VALUE, MQ_ERROR_LABEL_TOO_LONG for the label
// of a message.
func (p Property) CheckText(s string) error {
	code := ErrIllegalPropertyValue
	if n := LabelLength(s); p.Maximum > 0 && int64(n) > p.Maximum {
		if p.Name == "PROPID_M_LABEL" { // numbers alone are ambiguous between kinds
			code = ErrLabelTooLong
		}
		return Errorf(code, "set "+p.Text, "it has %d characters, at most %d are allowed", n, p.Maximum).
			WithFix("shorten it by %d", int64(n)-p.Maximum)
	}
	if strings.ContainsRune(s, 0) {
		return Errorf(code, "set "+p.Text, "it contains a NUL character").WithFix("remove the character")
	}
	return nil
}

// bounds are the smallest and largest number of a type.
func (v VarType) bounds() (low, high int64) {
	switch v {
	case VTUI1:
		return 0, math.MaxUint8
	case VTUI2:
		return 0, math.MaxUint16
	case VTUI4:
		return 0, math.MaxUint32
	case VTUI8:
		return 0, math.MaxInt64
	case VTI1:
		return math.MinInt8, math.MaxInt8
	case VTI2:
		return math.MinInt16, math.MaxInt16
	case VTI4:
		return math.MinInt32, math.MaxInt32
	}
	return math.MinInt64, math.MaxInt64
}

// String is the property's name and number, for the log.
func (p Property) String() string { return fmt.Sprintf("%s (%d)", p.Name, p.ID) }
