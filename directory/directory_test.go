package directory_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"posthouse/directory"
	"posthouse/localqm/mq"
)

func TestParent(t *testing.T) {
	for dn, want := range map[string]string{
		"CN=msmq,CN=A,DC=b": "CN=A,DC=b",
		`CN=a\,b, CN=c`:     "CN=c",
		`CN=a\\,CN=c`:       "CN=c",
		"DC=b":              "",
		"":                  "",
		`CN=a\`:             "",
	} {
		if got := directory.Parent(dn); got != want {
			t.Errorf("above %s is %q, want %q", dn, got, want)
		}
	}
}

func TestARefIsShownByWhatItNames(t *testing.T) {
	id := mq.NewGUID()
	for want, ref := range map[string]directory.Ref{
		id.String(): directory.ByID(id), "CN=a,DC=b": directory.ByDN("CN=a,DC=b"), `a\b`: directory.ByPath(`a\b`), "a": directory.ByName("a"),
	} {
		if ref.String() != want {
			t.Errorf("%q, want %q", ref, want)
		}
	}
}

// some has two sites and breaks then.
type some struct{ directory.Directory }

func (some) Search(context.Context, directory.Query) iter.Seq2[directory.Object, error] {
	return func(yield func(directory.Object, error) bool) {
		for range 2 {
			if !yield(&directory.Site{}, nil) {
				return
			}
		}
		yield(nil, mq.ErrNoDS)
	}
}

func (some) Read(context.Context, directory.Kind, directory.Ref, ...directory.Attribute) (directory.Object, error) {
	return &directory.Site{}, nil
}

func TestWhatWasFoundComesWithTheError(t *testing.T) {
	list, err := directory.All[*directory.Site](t.Context(), some{}, directory.Query{Kind: directory.KindSite})
	if len(list) != 2 || !errors.Is(err, mq.ErrNoDS) {
		t.Errorf("%d sites, %v", len(list), err)
	}
	if _, err := directory.Get[*directory.Link](t.Context(), some{}, directory.Ref{}); !errors.Is(err, mq.ErrObjectNotFound) {
		t.Errorf("a site was taken for a link: %v", err)
	}
}
