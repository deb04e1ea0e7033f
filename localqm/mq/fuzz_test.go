package mq

import (
	"reflect"
	"runtime"
	"strings"
	"testing"
)

var nameSeeds = []string{
	"", "orders", "orders;poison", `.\private$\orders;journal`, `host\system$;deadxact`, `h\q`, `..\..\x`,
	`DIRECT=OS:host\private$\orders`, `FormatName:DIRECT=TCP:[::1]\q;sub`, `DIRECT=HTTP://host:80/msmq/private$/q`,
	`DIRECT=HTTPS://[fe80::1%e]:443/MSMQ\SYSTEM$;JOURNAL`, `DIRECT=IPX:0000000a:00a0234f7500\q`,
	"PUBLIC=" + guidText + ";JOURNAL", "PRIVATE=" + guidText + `\d`, "MACHINE=" + guidText + ";DEADLETTER",
	"CONNECTOR=" + guidText + ";XACTONLY", "MULTICAST=224.0.0.1:8001", "DL=" + guidText + "@corp",
	`DIRECT=OS:a\q,DIRECT=OS:b\q,PUBLIC=` + guidText, "h\\a\x00\xff\u202e", `h\` + strings.Repeat("x", 4096),
}

func FuzzParseFormatName(f *testing.F) {
	for _, s := range nameSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseFormatName(s)
		if err != nil {
			wantRefused(t, s, err, ErrIllegalFormatName, "")
			return
		}
		again, err := ParseFormatName(n.String())
		if err != nil || !reflect.DeepEqual(again, n) || !again.Equal(n) {
			t.Fatalf("%q parsed as %+v, prints %q, parses as %+v, %v", s, n, n, again, err)
		}
	})
}

func FuzzParsePathName(f *testing.F) {
	for _, s := range nameSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParsePathName(s)
		if err != nil {
			wantRefused(t, s, err, ErrIllegalQueuePathname, "")
			return
		}
		again, err := ParsePathName(n.String())
		if err != nil || again != n {
			t.Fatalf("%q parsed as %+v, prints %q, parses as %+v, %v", s, n, n, again, err)
		}
		if strings.Contains(n.Machine, ",") {
			t.Fatalf("%q has the computer %q", s, n.Machine)
		}
		if g, err := ParseFormatName(n.Direct().String()); err != nil || !reflect.DeepEqual(g, n.Direct()) {
			t.Fatalf("%q has the format name %+v, which parses as %+v, %v", s, n.Direct(), g, err)
		}
	})
}

func FuzzParseQueue(f *testing.F) {
	for _, s := range nameSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseQueue(s)
		if err != nil {
			return
		}
		if n.Path.IsZero() == n.Format.IsZero() {
			t.Fatalf("%q parsed as %+v: not exactly one name", s, n)
		}
		again, err := ParseQueue(n.String())
		if err != nil || !reflect.DeepEqual(again, n) {
			t.Fatalf("%q parsed as %+v, prints %q, parses as %+v, %v", s, n, n, again, err)
		}
	})
}

func FuzzParseGUID(f *testing.F) {
	for _, s := range []string{"", guidText, "{" + strings.ToUpper(guidText) + "}", strings.Repeat("-", 36)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		g, err := ParseGUID(s)
		if err != nil {
			return
		}
		if again, err := ParseGUID(g.String()); err != nil || again != g {
			t.Fatalf("%q parsed as %v, then %v, %v", s, g, again, err)
		}
	})
}

func FuzzParseObjectID(f *testing.F) {
	for _, s := range []string{"", "{" + guidText + `}\7741`, guidText + `\0`, guidText + `\4294967296`, `\1`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := ParseObjectID(s)
		if err != nil {
			return
		}
		if again, err := ParseObjectID(o.String()); err != nil || again != o {
			t.Fatalf("%q parsed as %v, then %v, %v", s, o, again, err)
		}
	})
}

// However long a hostile name is, refusing it allocates no more than it sent.
func TestRefusingLongNamesAllocatesLittle(t *testing.T) {
	for _, s := range []string{
		strings.Repeat(",", 1<<20), "DIRECT=OS:" + strings.Repeat("a/", 1<<19), `DIRECT=OS:h\` + strings.Repeat(";", 1<<20),
		`DIRECT=OS:h\` + strings.Repeat("a/", 1<<19), strings.Repeat("\xff", 1<<20), `DIRECT=OS:a\q,` + strings.Repeat("x", 1<<20),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ParseQueue(s)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s was taken", Quote(s))
		}
		if spent := after.TotalAlloc - before.TotalAlloc; spent > uint64(2*len(s)+64<<10) {
			t.Errorf("%s: refusing %d bytes allocated %d", Quote(s), len(s), spent)
		}
	}
}
