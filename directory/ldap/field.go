package ldap

import (
	"strconv"
	"time"

	"posthouse/directory"
	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
)

// field is how one attribute of the data model is kept in the directory (MS-MQDSSM
// 3.1.6.10, 3.1.6.11).
type field struct {
	attribute directory.Attribute
	name      string // in LDAP
	absent    string // what an attribute that is not set means; "" if nothing
	fixed     bool   // never written after the creation
	computer  bool   // kept on the computer object of a machine
	text      bool   // of people: without what cannot be text
	value     func(any) ([]byte, bool)
	get       func(directory.Object) [][]byte
	put       func(directory.Object, [][]byte)
	// refs is set, and get and put are not, if the directory has distinguished names
	// where the data model has GUIDs.
	refs *references
}

// references are GUIDs of other objects.
type references struct {
	get func(directory.Object) []mq.GUID
	put func(directory.Object, mq.GUID) // once for each
}

// scalar makes a field of a single value.
func scalar[T directory.Object, V any](a directory.Attribute, name string, at func(T) *V, write func(V) ([]byte, bool), read func([]byte) V) field {
	return field{
		attribute: a, name: name,
		value: valueOf(write),
		get: func(o directory.Object) [][]byte {
			t, ok := o.(T)
			if !ok {
				return nil
			}
			if b, ok := write(*at(t)); ok {
				return [][]byte{b}
			}
			return nil
		},
		put: func(o directory.Object, v [][]byte) {
			if t, ok := o.(T); ok && len(v) > 0 {
				*at(t) = read(v[0])
			}
		},
	}
}

// several makes a field of many values.
func several[T directory.Object, V any](a directory.Attribute, name string, at func(T) *[]V, write func(V) ([]byte, bool), read func([]byte) V) field {
	return field{
		attribute: a, name: name,
		value: valueOf(write),
		get: func(o directory.Object) [][]byte {
			t, ok := o.(T)
			if !ok {
				return nil
			}
			var list [][]byte
			for _, v := range *at(t) {
				if b, ok := write(v); ok {
					list = append(list, b)
				}
			}
			return list
		},
		put: func(o directory.Object, v [][]byte) {
			t, ok := o.(T)
			if !ok {
				return
			}
			for _, b := range v {
				*at(t) = append(*at(t), read(b))
			}
		},
	}
}

func (f field) or(absent string) field { f.absent = absent; return f }

func (f field) onComputer() field { f.computer = true; return f }

func (f field) onlyAtCreation() field { f.fixed = true; return f }

func text[T directory.Object](a directory.Attribute, name string, at func(T) *string) field {
	f := scalar(a, name, at, writeText, func(b []byte) string { return string(b) })
	f.text = true
	return f
}

// writeText leaves out an empty text, which no directory takes as a value.
func writeText(s string) ([]byte, bool) { return []byte(s), s != "" }

func boolean[T directory.Object](a directory.Attribute, name string, at func(T) *bool) field {
	return scalar(a, name, at, writeBool, readBool).or("FALSE")
}

func guid[T directory.Object](a directory.Attribute, name string, at func(T) *mq.GUID) field {
	return scalar(a, name, at, writeGUID, readGUID)
}

func guids[T directory.Object](a directory.Attribute, name string, at func(T) *[]mq.GUID) field {
	return several(a, name, at, writeGUID, readGUID)
}

func raw[T directory.Object](a directory.Attribute, name string, at func(T) *[]byte) field {
	return scalar(a, name, at,
		func(b []byte) ([]byte, bool) { return b, len(b) > 0 },
		func(b []byte) []byte { return b })
}

func sid[T directory.Object](a directory.Attribute, name string, at func(T) *string) field {
	return scalar(a, name, at, func(s string) ([]byte, bool) {
		v, err := secure.ParseSID(s)
		return v.Append(nil), err == nil
	}, readSID).onlyAtCreation()
}

// number makes a field of an integer: attributes have signed 32 bits, so that what is
// unlimited, 4294967295, is -1 there (MS-ADTS 3.1.1.2.2.2.9).
func number[T directory.Object, V ~uint8 | ~int16 | ~uint32](a directory.Attribute, name string, at func(T) *V) field {
	return scalar(a, name, at,
		func(v V) ([]byte, bool) { return strconv.AppendInt(nil, int64(int32(v)), 10), true },
		func(b []byte) V { return V(readInt(b)) })
}

// optional makes a field of an integer whose zero is not written.
func optional[T directory.Object](a directory.Attribute, name string, at func(T) *uint32) field {
	return scalar(a, name, at,
		func(v uint32) ([]byte, bool) { return strconv.AppendInt(nil, int64(int32(v)), 10), v != 0 },
		func(b []byte) uint32 { return uint32(readInt(b)) })
}

// named makes a field of objects that the directory has by distinguished name.
func named[T directory.Object](a directory.Attribute, name string, at func(T) *[]mq.GUID) field {
	return field{attribute: a, name: name, refs: &references{
		get: func(o directory.Object) []mq.GUID { return *at(o.(T)) },
		put: func(o directory.Object, id mq.GUID) { *at(o.(T)) = append(*at(o.(T)), id) },
	}}
}

// namedOne is the same with exactly one.
func namedOne[T directory.Object](a directory.Attribute, name string, at func(T) *mq.GUID) field {
	return field{attribute: a, name: name, refs: &references{
		get: func(o directory.Object) []mq.GUID { return []mq.GUID{*at(o.(T))} },
		put: func(o directory.Object, id mq.GUID) { *at(o.(T)) = id },
	}}
}

// writeBool writes what the directory's syntax takes (RFC 4517 3.3.3), although
// MS-MQDSSM speaks of 1 and 0.
func writeBool(v bool) ([]byte, bool) {
	if v {
		return []byte("TRUE"), true
	}
	return []byte("FALSE"), true
}

func readBool(b []byte) bool { return string(b) == "TRUE" || string(b) == "1" }

func readInt(b []byte) int32 {
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return 0
	}
	return int32(n)
}

func writeGUID(g mq.GUID) ([]byte, bool) { return g[:], !g.IsZero() }

func readGUID(b []byte) (g mq.GUID) {
	if len(b) == len(g) {
		copy(g[:], b)
	}
	return g
}

func readSID(b []byte) string {
	s, err := secure.DecodeSID(b)
	if err != nil {
		return ""
	}
	return s.String()
}

// readTime reads a generalized time (RFC 4517 3.3.13) as directories write it.
func readTime(b []byte) time.Time {
	for _, layout := range []string{"20060102150405.0Z", "20060102150405Z"} {
		if t, err := time.Parse(layout, string(b)); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// writeTime is the other way round.
func writeTime(t time.Time) []byte { return []byte(t.UTC().Format("20060102150405.0Z")) }
