package ldap

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the format's digest (MS-MQMQ 2.2.22)
	"encoding/binary"

	"posthouse/localqm/mq"
)

// certificate is an MQUSERSIGNCERT (MS-MQMQ 2.2.22).
type certificate struct {
	digest [md5.Size]byte
	id     mq.GUID
	x509   []byte
}

const certificateHeader = md5.Size + 16 + 4

// parseCertificates takes an MQUSERSIGNCERTS apart (MS-MQMQ 2.2.21); what is cut off
// ends the list.
func parseCertificates(b []byte) []certificate {
	if len(b) < 4 {
		return nil
	}
	n := binary.LittleEndian.Uint32(b)
	b = b[4:]
	var list []certificate
	for ; n > 0 && len(b) >= certificateHeader; n-- {
		c := certificate{digest: [md5.Size]byte(b), id: mq.GUID(b[md5.Size : md5.Size+16])}
		size := binary.LittleEndian.Uint32(b[md5.Size+16:])
		b = b[certificateHeader:]
		if uint64(size) > uint64(len(b)) {
			break
		}
		c.x509 = bytes.Clone(b[:size])
		list, b = append(list, c), b[size:]
	}
	return list
}

// packCertificates is the other way round.
func packCertificates(list []certificate) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(list)))
	for _, c := range list {
		b = append(b, c.digest[:]...)
		b = append(b, c.id[:]...)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(c.x509)))
		b = append(b, c.x509...)
	}
	return b
}

// withCertificates is a list of these certificates that keeps what old knows of those
// which were there (MS-MQDSSM 3.1.6.7.1.10).
func withCertificates(old []certificate, x509 [][]byte) []certificate {
	list := make([]certificate, 0, len(x509))
next:
	for _, x := range x509 {
		for _, c := range old {
			if bytes.Equal(c.x509, x) {
				list = append(list, c)
				continue next
			}
		}
		list = append(list, certificate{digest: md5.Sum(x), id: mq.NewGUID(), x509: x}) //nolint:gosec // as above
	}
	return list
}

func digests(list []certificate) [][]byte {
	var d [][]byte
	for _, c := range list {
		d = append(d, bytes.Clone(c.digest[:]))
	}
	return d
}

func readCertificates(b []byte) [][]byte {
	var list [][]byte
	for _, c := range parseCertificates(b) {
		list = append(list, c.x509)
	}
	return list
}

// writeNothing is of what is written in another way.
func writeNothing([][]byte) ([]byte, bool) { return nil, false }
