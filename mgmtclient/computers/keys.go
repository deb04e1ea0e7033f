package computers

import (
	"errors"
	"runtime"
	"sync"

	"github.com/zalando/go-keyring"
)

// service is what the passwords are found under in the keyring.
const service = "Posthouse"

// Keys keeps passwords in the keyring of the system, or, where there is none, until
// the program ends.
type Keys struct {
	mu   sync.Mutex
	mine map[string]string
	none func() error // why there is no keyring; asked when it is needed first
}

// NewKeys asks nothing yet.
func NewKeys() *Keys {
	return &Keys{mine: map[string]string{}, none: sync.OnceValue(func() error {
		if _, err := keyring.Get(service, "is there a keyring"); !errors.Is(err, keyring.ErrNotFound) {
			return err
		}
		return nil
	})}
}

// Keeper is where passwords are.
func (k *Keys) Keeper() (string, bool) {
	if k.none() != nil {
		return "this computer has no keyring that answers, so passwords last until the program ends", false
	}
	switch runtime.GOOS {
	case "darwin":
		return "the keychain of this Mac", true
	case "windows":
		return "the Credential Manager of Windows", true
	}
	return "the keyring of this desktop", true
}

// Get returns a password; empty: none is kept.
func (k *Keys) Get(id string) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.none() != nil {
		return k.mine[id], nil
	}
	password, err := keyring.Get(service, id)
	if errors.Is(err, keyring.ErrNotFound) {
		return "", nil
	}
	return password, err
}

// Set keeps a password, or forgets it if it is empty.
func (k *Keys) Set(id, password string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.none() != nil && password == "":
		delete(k.mine, id)
		return nil
	case k.none() != nil:
		k.mine[id] = password
		return nil
	case password == "":
		if err := keyring.Delete(service, id); !errors.Is(err, keyring.ErrNotFound) {
			return err
		}
		return nil
	}
	return keyring.Set(service, id, password)
}
