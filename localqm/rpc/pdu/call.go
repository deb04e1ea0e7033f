package pdu

import "posthouse/localqm/mq"

// Request is a fragment of a request (C706 12.6.4.9).
type Request struct {
	Hint    uint32 // alloc_hint: bytes of stub data from here on; 0: not said
	Context uint16 // presentation context
	Opnum   uint16
	Object  mq.GUID // if the header has ObjectUUID
	Stub    []byte
}

// Request is what a request says. Its Stub is a view of the PDU.
func (p *PDU) Request() (Request, error) {
	if p.Type != TypeRequest {
		return Request{}, malformed("%s where a request belongs", p.Type)
	}
	o, b := p.order(), p.raw
	r := Request{Hint: o.Uint32(b[16:]), Context: o.Uint16(b[20:]), Opnum: o.Uint16(b[22:]), Stub: p.Body()}
	if p.Flags.Has(ObjectUUID) {
		r.Object = guid(b[callSize:], p.BigEndian)
	}
	return r, nil
}

// Append appends a request; ObjectUUID of h says whether it has an object.
func (r *Request) Append(dst []byte, h Header, a *Auth) []byte {
	start := len(dst)
	dst = le.AppendUint32(begin(dst, TypeRequest, h), r.Hint)
	dst = le.AppendUint16(le.AppendUint16(dst, r.Context), r.Opnum)
	if h.Flags.Has(ObjectUUID) {
		dst = append(dst, r.Object[:]...)
	}
	body := len(dst)
	return finish(append(dst, r.Stub...), start, body, authAlign, a)
}

// Response is a fragment of a response (C706 12.6.4.10).
type Response struct {
	Hint    uint32
	Context uint16
	Cancels uint8
	Stub    []byte
}

// Response is what a response says. Its Stub is a view of the PDU.
func (p *PDU) Response() (Response, error) {
	if p.Type != TypeResponse {
		return Response{}, malformed("%s where a response belongs", p.Type)
	}
	o, b := p.order(), p.raw
	return Response{Hint: o.Uint32(b[16:]), Context: o.Uint16(b[20:]), Cancels: b[22], Stub: p.Body()}, nil
}

// Append appends a response.
func (r *Response) Append(dst []byte, h Header, a *Auth) []byte {
	start := len(dst)
	dst = le.AppendUint32(begin(dst, TypeResponse, h), r.Hint)
	dst = append(le.AppendUint16(dst, r.Context), r.Cancels, 0)
	body := len(dst)
	return finish(append(dst, r.Stub...), start, body, authAlign, a)
}

// Fault is why a call has no response (C706 12.6.4.7, MS-RPCE 2.2.2.8). Stub data and
// extended errors are not looked at.
type Fault struct {
	Context uint16
	Cancels uint8
	Status  uint32
}

// Fault is what a fault says.
func (p *PDU) Fault() (Fault, error) {
	if p.Type != TypeFault {
		return Fault{}, malformed("%s where a fault belongs", p.Type)
	}
	o, b := p.order(), p.raw
	return Fault{Context: o.Uint16(b[20:]), Cancels: b[22], Status: o.Uint32(b[24:])}, nil
}

// Append appends a fault.
func (f *Fault) Append(dst []byte, h Header, a *Auth) []byte {
	start := len(dst)
	dst = le.AppendUint32(begin(dst, TypeFault, h), callSize+8)
	dst = append(le.AppendUint16(dst, f.Context), f.Cancels, 0)
	dst = le.AppendUint32(le.AppendUint32(dst, f.Status), 0)
	return finish(dst, start, start+callSize, authAlign, a)
}
