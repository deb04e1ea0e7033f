package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"posthouse/localqm/mq"
)

// passwordVariable has the password for other computers, for scripts.
const passwordVariable = "POSTHOUSE_PASSWORD"

// password is from the environment, a prompt without an echo, or the first line
// of standard input.
func (p *program) password(prompt string) (string, error) {
	if s := p.getenv(passwordVariable); s != "" {
		return s, nil
	}
	if f, ok := p.in.(*os.File); ok && p.terminal(p.in) {
		fmt.Fprint(p.err, prompt+": ")
		raw, err := term.ReadPassword(int(f.Fd())) //nolint:gosec // a file descriptor
		fmt.Fprintln(p.err)
		return filled(string(raw), err)
	}
	var b strings.Builder
	one := make([]byte, 1)
	for b.Len() < 4096 {
		n, err := p.in.Read(one)
		if n == 1 && one[0] == '\n' {
			break
		}
		b.Write(one[:n])
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
	}
	return filled(strings.TrimSuffix(b.String(), "\r"), nil)
}

func filled(password string, err error) (string, error) {
	if err == nil && password == "" {
		err = mq.Errorf(mq.ErrAccessDenied, "read the password", "there is none").
			WithFix("set %s, type it at the prompt, or give it on standard input", passwordVariable)
	}
	return password, err
}
