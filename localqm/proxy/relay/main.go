// Relay is a line between two computers for scripts/demo: each argument
// LISTEN=TARGET[,SOURCE] passes on, until the process ends, what comes to an address
// with port, to another one, from a source address. Ending it cuts the line.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"posthouse/localqm/proxy"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}

func run(lines []string) error {
	for _, line := range lines {
		listen, to, ok := strings.Cut(line, "=")
		target, source, _ := strings.Cut(to, ",")
		if !ok {
			return fmt.Errorf("%s: want LISTEN=TARGET[,SOURCE]", line)
		}
		p, err := proxy.Listen(proxy.Options{Listen: listen, Target: target, Source: source})
		if err != nil {
			return err
		}
		defer func() { _ = p.Close() }()
	}
	fmt.Println("ready")
	end := make(chan os.Signal, 1)
	signal.Notify(end, os.Interrupt, syscall.SIGTERM)
	<-end
	return nil
}
