// Package ntlm is NTLMv2 (MS-NLMP) as a security mechanism of DCE/RPC: both sides of a
// sign-in, then signing and sealing. Only what is still sound of it is spoken: NTLMv2
// responses, extended session security, 128 bits and key exchange, never LM, NTLMv1 or
// weaker keys.
package ntlm
