package app

import (
	"testing"

	"posthouse/bench"
)

func TestBenchMeasuresAndReportsInJSON(t *testing.T) {
	d := newDesk(t)
	r := document[bench.Report](d.must("bench", "send", "--senders", "1", "--length", "0.01", "--rounds", "1",
		"--dir", t.TempDir(), "--json").quiet())
	if len(r.Results) != 1 || r.Results[0].What != "send" || r.Results[0].Value <= 0 || r.Results[0].Met == nil {
		t.Errorf("report %+v", r)
	}
	d.must("bench", "send", "--senders", "1", "--length", "0.01", "--rounds", "1", "--dir", t.TempDir()).quiet().
		says("1 senders", "targets met")
}

func TestBenchMeasuresBetweenTwoProcesses(t *testing.T) {
	t.Setenv(asProgram, "1") // of the process that receives
	d := newDesk(t)
	r := document[bench.Report](d.must("bench", "wire", "--length", "0.05", "--rounds", "1", "--json"))
	if len(r.Results) != 3 {
		t.Fatalf("report %+v", r)
	}
	for _, x := range r.Results {
		if x.What != "wire" || x.Value <= 0 || x.Base <= 0 {
			t.Errorf("%+v", x)
		}
	}
}

func TestBenchMeasuresManagementByOtherComputers(t *testing.T) {
	t.Setenv(asProgram, "1") // of the process that is managed
	d := newDesk(t)
	r := document[bench.Report](d.must("bench", "rpc", "--length", "0.05", "--rounds", "1", "--messages", "1000", "--dir", t.TempDir(), "--json"))
	if len(r.Results) < 12 {
		t.Fatalf("report %+v", r)
	}
	for _, x := range r.Results {
		if x.What != "rpc" || x.Base <= 0 || x.Value <= 0 && x.Unit != "% core" {
			t.Errorf("%+v", x)
		}
	}
}

func TestBenchRefusesWrongUsage(t *testing.T) {
	d := newDesk(t)
	for _, args := range [][]string{
		{"fly"},
		{"send", "--senders", "0"},
		{"send", "--window", "0"},
		{"send", "--size", "99999999"},
		{"browse", "--messages", "5"},
		{"send", "--delivery", "pigeon"},
	} {
		d.run(append([]string{"bench"}, args...)...).exits(exitUsage)
	}
}
