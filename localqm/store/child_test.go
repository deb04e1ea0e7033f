package store_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"posthouse/localqm/store"
)

// Some tests run this test binary again as another process: childEnv names what
// it does there, and argsEnv holds its arguments.
const (
	childEnv = "POSTHOUSE_STORE_CHILD"
	argsEnv  = "POSTHOUSE_STORE_ARGS"
)

var children = map[string]func(args) error{
	"lock":    childLock,
	"work":    childWork,
	"send":    childSend,
	"migrate": childMigrate,
}

// args are what a child is told.
type args struct {
	Dir    string
	Seed   uint64
	Point  string // where it kills itself
	Passes int    // on which pass
	Count  int
}

func runChild() {
	do, ok := children[os.Getenv(childEnv)]
	if !ok {
		return
	}
	var a args
	err := json.Unmarshal([]byte(os.Getenv(argsEnv)), &a)
	if err == nil {
		err = do(a)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child prepares this binary to run as another process; wrap are words before it.
func child(t *testing.T, name string, a args, wrap ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	line := append(wrap, self)
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env = append(os.Environ(), childEnv+"="+name, argsEnv+"="+string(data))
	cmd.Stderr = os.Stderr
	return cmd
}

// childLock holds the store until its standard input ends.
func childLock(a args) error {
	s, err := store.Open(ctx, store.Options{Dir: a.Dir})
	if err != nil {
		return err
	}
	fmt.Println("open")
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	return s.Close()
}

// killSelf ends the process as kill -9 does.
func killSelf() {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}
