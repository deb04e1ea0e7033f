package ldap

import (
	"errors"
	"slices"
	"strings"

	"posthouse/directory"
	"posthouse/localqm/mq"
)

// title names an object for a person.
func title(o directory.Object) string {
	switch o := o.(type) {
	case *directory.Machine:
		if o.Computer != "" {
			return o.Computer
		}
	case *directory.Queue:
		if o.Queue != "" {
			return o.Path()
		}
	case *directory.Enterprise:
		return strings.TrimSpace("of the forest " + o.Forest)
	}
	h := o.Common()
	switch {
	case h.Name != "":
		return mq.Quote(h.Name)
	case h.DN != "":
		return h.DN
	case !h.ID.IsZero():
		return h.ID.String()
	}
	return "without a name"
}

// refusal is the directory's answer in an error.
func refusal(err error) (*directory.Refusal, bool) {
	var r *directory.Refusal
	ok := errors.As(err, &r)
	return r, ok
}

// Limits of the directory's attributes (MS-ADA1 2.110, MS-ADA2 2.544, MS-ADA1 2.153).
const (
	maxName        = 64
	maxFormatName  = 255
	maxDescription = 1024
)

// check refuses values that no directory may be given, before anything is done. Of a
// new object, written is nil, all is checked.
func check(op string, o directory.Object, written []directory.Attribute) error {
	whole := written == nil
	concerns := func(a directory.Attribute) bool { return whole || slices.Contains(written, a) }
	bad := func(code mq.HResult, fix, why string, args ...any) error {
		return mq.Errorf(code, op, why, args...).WithFix("%s", fix)
	}
	switch o := o.(type) {
	case *directory.Queue:
		if whole {
			if err := checkPath(o.Computer + `\` + o.Queue); o.Computer != "" && err != nil {
				return err
			}
			if err := checkPath(`computer\` + o.Queue); err != nil {
				return err
			}
		}
		if concerns(directory.AttrLabel) && mq.LabelLength(o.Label) > mq.MaxQueueLabel {
			return bad(mq.ErrLabelTooLong, "shorten it", "the label has %d characters, at most %d are allowed", mq.LabelLength(o.Label), mq.MaxQueueLabel)
		}
		if concerns(directory.AttrPrivacy) && o.Privacy > uint8(mq.QueuePrivacyBody) {
			return bad(mq.ErrIllegalPropertyValue, "choose none, optional or body", "there is no privacy level %d", o.Privacy)
		}
	case *directory.Link:
		if concerns(directory.AttrCost) && (o.Cost < directory.MinCost || o.Cost > directory.MaxCost) {
			return bad(mq.ErrIllegalPropertyValue, "choose a cost in between", "the cost %d is not from %d to %d", o.Cost, directory.MinCost, directory.MaxCost)
		}
		if (concerns(directory.AttrSite1) || concerns(directory.AttrSite2)) && (o.Site1.IsZero() || o.Site2.IsZero() || o.Site1 == o.Site2) {
			return bad(mq.ErrIllegalPropertyValue, "choose two sites", "a routing link joins two different sites")
		}
	case *directory.Machine:
		if whole && len(o.Sites) == 0 {
			return bad(mq.ErrInsufficientProperties, "choose a site", "a queue manager is in at least one site")
		}
		if whole && (o.Computer == "" || strings.ContainsAny(o.Computer, `\/`)) {
			return bad(mq.ErrInvalidParameter, "give the name of a computer", "%s is not the name of a computer", mq.Quote(o.Computer))
		}
		if concerns(directory.AttrSites) && len(o.Sites) == 0 {
			return bad(mq.ErrIllegalPropertyValue, "choose a site", "a queue manager is in at least one site")
		}
	case *directory.Alias:
		if concerns(directory.AttrFormatName) {
			if _, err := mq.ParseFormatName(o.FormatName); err != nil {
				return err
			}
			if n := mq.LabelLength(o.FormatName); n > maxFormatName {
				return bad(mq.ErrIllegalFormatName, "choose a shorter one", "the format name has %d characters, at most %d are allowed", n, maxFormatName)
			}
		}
		if err := checkDescription(bad, concerns, o.Description); err != nil {
			return err
		}
	case *directory.List:
		if err := checkDescription(bad, concerns, o.Description); err != nil {
			return err
		}
	}
	if !whole {
		return nil
	}
	switch o.Kind() {
	case directory.KindSite, directory.KindList, directory.KindAlias, directory.KindComputer:
		return checkName(bad, o.Common().Name)
	}
	return nil
}

func checkDescription(bad func(mq.HResult, string, string, ...any) error, concerns func(directory.Attribute) bool, s string) error {
	if n := mq.LabelLength(s); concerns(directory.AttrDescription) && n > maxDescription {
		return bad(mq.ErrIllegalPropertyValue, "shorten it", "the description has %d characters, at most %d are allowed", n, maxDescription)
	}
	return nil
}

// checkName checks a cn (MS-ADTS 3.1.1.5.1.2).
func checkName(bad func(mq.HResult, string, string, ...any) error, name string) error {
	switch {
	case name == "" || strings.TrimSpace(name) == "":
		return bad(mq.ErrInvalidParameter, "give it a name", "it has no name")
	case mq.LabelLength(name) > maxName:
		return bad(mq.ErrInvalidParameter, "choose a shorter name", "the name has %d characters, at most %d are allowed", mq.LabelLength(name), maxName)
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7F || r == '\uFFFD' }):
		return bad(mq.ErrInvalidParameter, "choose another name", "the name %s has characters that cannot be seen", mq.Quote(name))
	}
	return nil
}
