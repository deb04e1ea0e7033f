package session

import "net"

// Server accepts sessions.
type Server struct{}

// NewServer makes a Server without listeners. accept gives the handler of a session
// of which only Peer is known yet; nil refuses it. A handler whose session does not
// open hears nothing.
func NewServer(cfg Config, limits Limits, accept func(*Session) Handler) *Server { return &Server{} }

// Serve accepts the connections of ln until either of them is closed, and returns
// at once. Closing ln leaves its sessions open.
func (s *Server) Serve(ln net.Listener) {}

// Sessions are the open sessions.
func (s *Server) Sessions() []*Session { return nil }

// Close closes the listeners and all sessions as Session.Close(nil) does, and waits
// until they have ended.
func (s *Server) Close() {}
