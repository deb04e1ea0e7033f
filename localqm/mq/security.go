package mq

import "fmt"

// String is the level as administrators know it (MS-MQMQ 2.2.19.3).
func (p PrivacyLevel) String() string {
	switch p {
	case PrivacyNone:
		return "None"
	case PrivacyBase:
		return "40-bit encryption"
	case PrivacyEnhanced:
		return "128-bit encryption"
	case PrivacyAES:
		return "AES"
	}
	return fmt.Sprintf("0x%08x", uint32(p))
}

// QueuePrivacy is what encryption a queue asks for (PROPID_Q_PRIV_LEVEL,
// MS-MQMQ 2.3.1.12).
type QueuePrivacy uint32

// The privacy levels of a queue.
const (
	QueuePrivacyNone     QueuePrivacy = 0 // only messages in the clear
	QueuePrivacyOptional QueuePrivacy = 1 // both; the default
	QueuePrivacyBody     QueuePrivacy = 2 // only encrypted messages
)

// String is the level as administrators know it: None, Optional, Body.
func (p QueuePrivacy) String() string {
	switch p {
	case QueuePrivacyNone:
		return "None"
	case QueuePrivacyOptional:
		return "Optional"
	case QueuePrivacyBody:
		return "Body"
	}
	return fmt.Sprintf("0x%08x", uint32(p))
}

// The hash algorithms of signatures (MS-MQMQ 2.2.19.3).
const (
	HashMD2    uint32 = 0x8001
	HashMD4    uint32 = 0x8002
	HashMD5    uint32 = 0x8003
	HashSHA1   uint32 = 0x8004
	HashSHA256 uint32 = 0x800C
	HashSHA512 uint32 = 0x800E
)

// The encryption algorithms of bodies (MS-MQMQ 2.2.19.3).
const (
	EncryptRC2    uint32 = 0x6602
	EncryptAES128 uint32 = 0x660E
	EncryptAES192 uint32 = 0x660F
	EncryptAES256 uint32 = 0x6610
	EncryptRC4    uint32 = 0x6801
)

var algorithms = map[uint32]string{
	HashMD2: "MD2", HashMD4: "MD4", HashMD5: "MD5", HashSHA1: "SHA-1", HashSHA256: "SHA-256", HashSHA512: "SHA-512",
	EncryptRC2: "RC2", EncryptRC4: "RC4", EncryptAES128: "AES-128", EncryptAES192: "AES-192", EncryptAES256: "AES-256",
}

// AlgorithmName is the name of a hash or encryption algorithm, SHA-512; "none"
// for 0, the hex code if unknown.
func AlgorithmName(id uint32) string {
	if id == 0 {
		return "none"
	}
	if name, ok := algorithms[id]; ok {
		return name
	}
	return fmt.Sprintf("0x%08x", id)
}

// EncryptionFits reports whether the specification allows the algorithm at the
// privacy level (MS-MQMQ 2.2.19.3).
func EncryptionFits(p PrivacyLevel, algorithm uint32) bool {
	switch p {
	case PrivacyBase, PrivacyEnhanced:
		return algorithm == EncryptRC2 || algorithm == EncryptRC4
	case PrivacyAES:
		return algorithm == EncryptAES128 || algorithm == EncryptAES192 || algorithm == EncryptAES256
	}
	return false
}
