// Package about is the dialog that says what the program is, what it runs on,
// and under which licences its parts stand.
package about
