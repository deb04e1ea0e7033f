package row_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

func TestARowGoesBackToItsMessage(t *testing.T) {
	names := []mq.FormatName{
		{}, mq.DirectOS("HUB", `private$\orders`), mq.DirectTCP("10.0.0.7", "orders"), mq.Private(mq.GUID{1, 2}, 17), mq.Machine(mq.GUID{3}, mq.SuffixDeadXact),
	}
	rapid.Check(t, func(t *rapid.T) {
		name := func(label string) mq.FormatName { return rapid.SampledFrom(names).Draw(t, label) }
		source := mq.GUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "source"))
		m := &mq.Message{
			ID: mq.ObjectID{Source: source, Ordinal: rapid.Uint32().Draw(t, "ordinal")}, SourceMachine: source,
			Class: mq.Class(rapid.Uint16().Draw(t, "class")), Label: rapid.String().Draw(t, "label"),
			Priority: uint8(rapid.IntRange(0, 7).Draw(t, "priority")), Delivery: mq.Delivery(rapid.IntRange(0, 1).Draw(t, "delivery")),
			Body: rapid.SliceOf(rapid.Byte()).Draw(t, "body"), BodyType: rapid.Uint32().Draw(t, "type"), Extension: rapid.SliceOf(rapid.Byte()).Draw(t, "extension"),
			AppSpecific: rapid.Uint32().Draw(t, "app"), Destination: name("destination"), ResponseQueue: name("response"), AdminQueue: name("admin"),
			DeadLetterQueue: name("dead"), Acknowledge: mq.Ack(rapid.IntRange(0, 15).Draw(t, "ack")),
			Journal: rapid.Bool().Draw(t, "journal"), DeadLetter: rapid.Bool().Draw(t, "deadletter"), Trace: rapid.Bool().Draw(t, "trace"),
			SentTime:         time.Unix(int64(rapid.Uint32().Draw(t, "sent")), 0).UTC(),
			TimeToReachQueue: rapid.Uint32().Draw(t, "ttrq"), TimeToBeReceived: rapid.Uint32().Draw(t, "ttbr"),
			PrivacyLevel: rapid.SampledFrom([]mq.PrivacyLevel{mq.PrivacyNone, mq.PrivacyBase, mq.PrivacyEnhanced, mq.PrivacyAES}).Draw(t, "privacy"),
		}
		copy(m.CorrelationID[:], rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "correlation"))
		if rapid.Bool().Draw(t, "transactional") {
			m.Transactional, m.First, m.Last = true, rapid.Bool().Draw(t, "first"), rapid.Bool().Draw(t, "last")
			m.TransactionID = mq.ObjectID{Source: source, Ordinal: uint32(rapid.IntRange(1, 1<<20-1).Draw(t, "tx"))}
		}
		if rapid.Bool().Draw(t, "signed") {
			m.SenderSID = secure.UnixUser(rapid.Uint32().Draw(t, "uid")).Append(nil)
		}
		r := row.Of(m)
		back, err := row.Message(&r)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, back); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestCorrelations(t *testing.T) {
	for in, want := range map[string]string{
		"": "",
		`{6F1C2D80-51aa-4c3e-9d12-7c0a2f1e88b4}\20961`: `{6f1c2d80-51aa-4c3e-9d12-7c0a2f1e88b4}\20961`,
		strings.Repeat("AB", 20):                       `{abababab-abab-abab-abab-abababababab}\2880154539`,
		strings.Repeat("00", 16) + "01020304":          strings.Repeat("00", 16) + "01020304", // no identifier of a message
	} {
		id, err := row.ParseCorrelation(in)
		if err != nil || row.Correlation(id) != want {
			t.Errorf("%q is %q, %v; want %q", in, row.Correlation(id), err, want)
		}
		again, err := row.ParseCorrelation(row.Correlation(id))
		if err != nil || again != id {
			t.Errorf("%q does not read what it printed: %v", in, err)
		}
	}
	for _, bad := range []string{"x", "{}", strings.Repeat("ab", 19), strings.Repeat("ab", 21), `{6f1c2d80}\1`} {
		if _, err := row.ParseCorrelation(bad); mq.CodeOf(err) != mq.ErrIllegalPropertyValue {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestComposeNamesThisMachineToOthers(t *testing.T) {
	body := []byte("body")
	m, err := row.Compose("send", &mgmtclient.SendRequest{
		Queue: "orders", Body: body, ResponseQueue: "replies", AdminQueue: `DIRECT=OS:.\private$\admin`, DeadLetterQueue: `ELSE\private$\dead`,
		Acknowledge: []string{"reached"},
	}, "HUB")
	if err != nil {
		t.Fatal(err)
	}
	got := []string{m.ResponseQueue.String(), m.AdminQueue.String(), m.DeadLetterQueue.String()}
	want := []string{`DIRECT=OS:HUB\private$\replies`, `DIRECT=OS:HUB\private$\admin`, `DIRECT=OS:ELSE\private$\dead`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if m.Priority != 3 || m.Delivery != mq.Recoverable || m.TimeToReachQueue != 345600 || m.TimeToBeReceived != mq.Never || !bytes.Equal(m.Body, body) {
		t.Errorf("message %+v", m)
	}
}

func TestTriedSaysWhatWasTriedOnce(t *testing.T) {
	inner := mq.Errorf(mq.ErrIllegalPropertyValue, "", "it is wrong").WithFix("right it")
	err := row.Tried("send to x", inner)
	var e *mq.Error
	if !errors.As(err, &e) || e.Op != "send to x" || e.Why != "it is wrong" || e.Fix != "right it" || inner.Op != "" {
		t.Errorf("error %+v, the one inside %+v", e, inner)
	}
	err = row.Tried("import", err)
	if !errors.As(err, &e) || e.Op != "import" || e.Why != "send to x: it is wrong" {
		t.Errorf("error %+v", e)
	}
	if plain := errors.New("plain"); !errors.Is(row.Tried("x", plain), plain) {
		t.Error("an error without words was changed")
	}
}
