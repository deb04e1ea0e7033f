// Package conn is ldap.Operations over connections to domain controllers: finding one,
// TLS or sealing, signing in, time limits, and connecting anew after a broken line.
//
// There are two lines, one to the directory and one to the global catalogue, each made
// when it is first needed. Many operations share a line. Locks: line.mu, then
// session.mu; the others are leaves. Nothing is waited for under any.
package conn
