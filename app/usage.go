package app

// usageTemplate is cobra's, in the words of this program: nouns have verbs.
const usageTemplate = `Usage:
{{- if not .HasParent}}
  {{.CommandPath}} [flags]{{end}}
{{- if .HasAvailableSubCommands}}
  {{.CommandPath}} {{if .HasParent}}VERB{{else}}NOUN VERB{{end}} [flags]
{{- else}}
  {{.UseLine}}{{end}}
{{- if .HasExample}}

Examples:
{{.Example}}{{end}}
{{- if .HasAvailableSubCommands}}

{{if .HasParent}}Verbs:{{else}}Nouns and verbs:{{end}}
{{- range .Commands}}{{if or .IsAvailableCommand (eq .Name "help")}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}
{{- if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
{{- if .HasAvailableInheritedFlags}}

Flags of every verb:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
{{- if .HasAvailableSubCommands}}

More about a verb: {{.CommandPath}} VERB --help{{end}}
`
