package mq

import (
	"fmt"
	"strconv"
	"strings"
)

// VarType is the type of a property's value (VARTYPE, MS-MQMQ 2.2.12). A
// message's BodyType uses the same numbers, and more of them.
type VarType uint16

// The types of property values and of bodies. Those that MS-MQMQ 2.2.12 lacks
// are types of bodies only (MC-MQAC 3.17.4.1.22).
const (
	VTEmpty          VarType = 0
	VTNull           VarType = 1
	VTI2             VarType = 2
	VTI4             VarType = 3
	VTR4             VarType = 4
	VTR8             VarType = 5
	VTCurrency       VarType = 6
	VTDate           VarType = 7
	VTBSTR           VarType = 8
	VTBool           VarType = 11
	VTVariant        VarType = 12
	VTI1             VarType = 16
	VTUI1            VarType = 17
	VTUI2            VarType = 18
	VTUI4            VarType = 19
	VTI8             VarType = 20
	VTUI8            VarType = 21
	VTLPSTR          VarType = 30
	VTLPWSTR         VarType = 31
	VTBlob           VarType = 65
	VTStreamedObject VarType = 68
	VTStoredObject   VarType = 69
	VTCLSID          VarType = 72
	VTDotNetBinary   VarType = 0x0300 // System.Messaging's BinaryMessageFormatter
	VTVector         VarType = 0x1000 // or-ed to a type: several of it
	VTArray          VarType = 0x2000 // or-ed to a type: COM's array of it
)

var varTypes = []struct {
	vt         VarType
	name, text string
}{
	{VTEmpty, "VT_EMPTY", "not said"},
	{VTNull, "VT_NULL", "null"},
	{VTI2, "VT_I2", "signed number, 2 bytes"},
	{VTI4, "VT_I4", "signed number, 4 bytes"},
	{VTR4, "VT_R4", "floating-point number, 4 bytes"},
	{VTR8, "VT_R8", "floating-point number, 8 bytes"},
	{VTCurrency, "VT_CY", "currency"},
	{VTDate, "VT_DATE", "date"},
	{VTBSTR, "VT_BSTR", "text, UTF-16 (COM)"},
	{VTBool, "VT_BOOL", "yes or no"},
	{VTVariant, "VT_VARIANT", "any value"},
	{VTI1, "VT_I1", "signed number, 1 byte"},
	{VTUI1, "VT_UI1", "number, 1 byte"},
	{VTUI2, "VT_UI2", "number, 2 bytes"},
	{VTUI4, "VT_UI4", "number, 4 bytes"},
	{VTI8, "VT_I8", "signed number, 8 bytes"},
	{VTUI8, "VT_UI8", "number, 8 bytes"},
	{VTLPSTR, "VT_LPSTR", "text, ASCII"},
	{VTLPWSTR, "VT_LPWSTR", "text, UTF-16"},
	{VTBlob, "VT_BLOB", "bytes"},
	{VTStreamedObject, "VT_STREAMED_OBJECT", "COM object, streamed"},
	{VTStoredObject, "VT_STORED_OBJECT", "COM object, stored"},
	{VTCLSID, "VT_CLSID", "GUID"},
	{VTDotNetBinary, "0x0300", ".NET object (BinaryFormatter)"},
	{VTVector | VTUI1, "VT_VECTOR|VT_UI1", "bytes"},
	{VTArray | VTUI1, "VT_ARRAY|VT_UI1", "bytes (COM array)"},
}

// String is the name, VT_BSTR, VT_VECTOR|VT_UI1; the hex code if unknown.
func (v VarType) String() string {
	for _, t := range varTypes {
		if t.vt == v {
			return t.name
		}
	}
	for _, m := range []struct {
		mask VarType
		name string
	}{{VTVector, "VT_VECTOR|"}, {VTArray, "VT_ARRAY|"}} {
		if base := v &^ m.mask; base != v {
			if name := base.String(); strings.HasPrefix(name, "VT_") && !strings.Contains(name, "|") {
				return m.name + name
			}
		}
	}
	return fmt.Sprintf("0x%04x", uint16(v))
}

// Text is the type in plain words; empty if unknown.
func (v VarType) Text() string {
	for _, t := range varTypes {
		if t.vt == v {
			return t.text
		}
	}
	if base := v &^ VTVector; base != v && base.Text() != "" {
		return "list: " + base.Text()
	}
	return ""
}

// BodyTypeName is the name of a message's BodyType, which has 32 bits.
func BodyTypeName(bodyType uint32) string {
	if bodyType > 0xFFFF {
		return fmt.Sprintf("0x%08x", bodyType)
	}
	return VarType(bodyType).String()
}

// BodyTypeText is a message's BodyType in plain words; empty if unknown.
func BodyTypeText(bodyType uint32) string {
	if bodyType > 0xFFFF {
		return ""
	}
	return VarType(bodyType).Text()
}

// ParseBodyType reads a name with or without VT_, in any case, several joined
// by |, or a number, 0x1011.
func ParseBodyType(s string) (uint32, error) {
	t := strings.TrimSpace(s)
	if n, err := strconv.ParseUint(t, 0, 32); err == nil {
		return uint32(n), nil
	}
	var v VarType
	for _, word := range strings.Split(t, "|") {
		part, ok := varTypeNamed(word)
		if !ok {
			return 0, Errorf(ErrIllegalPropertyValue, "read the body type "+Quote(s), "it is neither a VT_ name nor a number").
				WithFix("use for example VT_BSTR, VT_LPWSTR, VT_VECTOR|VT_UI1 or 0")
		}
		v |= part
	}
	return uint32(v), nil
}

func varTypeNamed(word string) (VarType, bool) {
	word = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(word)), "VT_")
	switch word {
	case "VECTOR":
		return VTVector, true
	case "ARRAY":
		return VTArray, true
	}
	for _, t := range varTypes {
		if t.name == "VT_"+word {
			return t.vt, true
		}
	}
	return 0, false
}
