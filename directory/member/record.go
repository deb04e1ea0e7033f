package member

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"posthouse/localqm/mq"
)

// recordName is the file in the data folder that remembers the membership. It holds
// private keys: only its owner may read it.
const recordName = "member.json"

// record is what is remembered of the membership.
type record struct {
	Computer string  `json:"computer"`
	Forest   string  `json:"forest,omitempty"`
	Machine  mq.GUID `json:"machine"` // the object that is ours; zero: none was registered yet

	EncryptKey  []byte  `json:"encryptKey"` // PKCS #8
	SignKey     []byte  `json:"signKey"`    // PKCS #8
	Certificate []byte  `json:"certificate"`
	Certified   mq.GUID `json:"certificateID"`

	Seen seen `json:"seen"`
}

// seen is what the directory had of the machine when it was followed last.
type seen struct {
	Quota    uint32 `json:"quota"`
	Journal  uint32 `json:"journalQuota"`
	Security []byte `json:"security,omitempty"`
}

// load reads the record of a data folder, or makes a new one with new keys.
func load(dir, computer string, now time.Time) (record, error) {
	path := filepath.Join(dir, recordName)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return begin(dir, computer, now)
	}
	var r record
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	if err == nil {
		_, err = r.publicKey()
	}
	if err != nil {
		return r, mq.Errorf(mq.ErrGeneric, "read the membership in the directory", "%s: %w", path, err).
			WithFix("restore the file, or remove it: new keys are made then")
	}
	return r, nil
}

func begin(dir, computer string, now time.Time) (record, error) {
	encrypt, sign, certificate, err := newKeys(computer, now)
	if err != nil {
		return record{}, err
	}
	r := record{Computer: computer, Certificate: certificate, Certified: mq.NewGUID()}
	if r.EncryptKey, err = x509.MarshalPKCS8PrivateKey(encrypt); err != nil {
		return r, err
	}
	if r.SignKey, err = x509.MarshalPKCS8PrivateKey(sign); err != nil {
		return r, err
	}
	return r, r.save(dir)
}

// save replaces the record: after a crash there is the old one or the new one.
func (r record) save(dir string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, recordName+".*") // 0600
	if err == nil {
		_, err = f.Write(raw)
		err = errors.Join(err, f.Sync(), f.Close())
		if err == nil {
			err = os.Rename(f.Name(), filepath.Join(dir, recordName))
		}
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}
	if err != nil {
		return mq.Errorf(mq.ErrGeneric, "remember the membership in the directory", "%w", err).
			WithFix("make room in %s, and let the queue manager write there", dir)
	}
	return nil
}

// publicKey is what others encrypt for this queue manager with.
func (r record) publicKey() (*rsa.PublicKey, error) {
	k, err := x509.ParsePKCS8PrivateKey(r.EncryptKey)
	if err != nil {
		return nil, err
	}
	private, ok := k.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the key is a %T", k)
	}
	return &private.PublicKey, nil
}

// encryptKeys is the public key as the directory has it (MS-MQMQ 2.2.2).
func (r record) encryptKeys() []byte {
	k, err := r.publicKey()
	if err != nil {
		return nil // load has looked
	}
	return publicKeys(k)
}

func (r record) signKeys() []byte { return signCertificates(r.Certificate, r.Certified) }
