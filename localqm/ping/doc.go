// Package ping asks whether a queue manager would take a session and answers that
// question, over UDP (MS-MQQB 2.1.2). An answer saves a vain connection; silence
// says nothing, as most queue managers do not answer.
package ping
