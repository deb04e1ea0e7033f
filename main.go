// Posthouse is a desktop console and a queue manager for Microsoft Message Queuing (MSMQ) networks.
package main

import (
	"os"

	"posthouse/app"
)

func main() {
	os.Exit(app.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
