package ntlm

import (
	"bytes"
	"encoding/hex"
	"testing"

	"posthouse/localqm/rpc/security"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func equal(t *testing.T, what string, got []byte, want string) {
	t.Helper()
	if hex.EncodeToString(got) != want {
		t.Errorf("%s is %x, want %s", what, got, want)
	}
}

// The values of MS-NLMP 4.2.1 and 4.2.4: User of Domain, Password, at the time 0.
var (
	exampleServer = [8]byte{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}
	exampleClient = [8]byte{0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa}
	exampleKey    = [16]byte(bytes.Repeat([]byte{0x55}, 16))
)

func exampleResponse() (key, proof, session [16]byte, client []byte) {
	target := avPairs(nil).add(avNetBIOSDomain, utf16le("Domain")).add(avNetBIOSComputer, utf16le("Server")).add(avEnd, nil)
	client = clientChallenge(0, exampleClient, target)
	key = HashOf("Password").v2(utf16le("User"), utf16le("Domain"))
	proof, session = answer(key, exampleServer, client)
	return key, proof, session, client
}

func TestResponsesAreThoseOfTheSpecification(t *testing.T) {
	key, proof, session, client := exampleResponse()
	hash := HashOf("Password")
	equal(t, "NTOWFv1 (4.2.2.1.2)", hash[:], "a4f49c406510bdcab6824ee7c30fd852")
	equal(t, "NTOWFv2 (4.2.4.1.1)", key[:], "0c868a403bfd7a93a3001ef22ef02e3f")
	equal(t, "temp (4.2.4.1.3)", client, "01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000"+
		"02000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000")
	equal(t, "NTProofStr (4.2.4.2.2)", proof[:], "68cd0ab851e51c96aabc927bebef6a1c")
	equal(t, "session base key (4.2.4.1.2)", session[:], "8de40ccadbc14a82f15cb0ad0de95ca3")
	lm := mac(key[:], exampleServer[:], exampleClient[:])
	equal(t, "LMv2 response (4.2.4.2.1)", lm[:], "86c35097ac9cec102554764a57cccc19")
	encrypted := exchange(session, exampleKey[:])
	equal(t, "encrypted session key (4.2.4.2.3)", encrypted[:], "c5dad2544fc9799094ce1ce90bc9d03e")
}

// The message of MS-NLMP 4.2.4.3, whose MIC nobody had thought of yet.
const exampleAuthenticate = "4e544c4d53535000030000001800180" +
	"06c00000054005400840000000c000c00480000000800080054000000100010005c00000010001000d8000000" +
	"358288e20501280a0000000f44006f006d00610069006e005500730065007200" +
	"43004f004d0050005500540045005200" +
	"86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa68cd0ab851e51c96aabc927bebef6a1c" +
	"01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e00" +
	"01000c005300650072007600650072000000000000000000c5dad2544fc9799094ce1ce90bc9d03e"

func TestTheMessageOfTheSpecificationIsRead(t *testing.T) {
	a, err := readAuthenticate(unhex(t, exampleAuthenticate))
	if err != nil {
		t.Fatal(err)
	}
	if text(a.user) != "User" || text(a.domain) != "Domain" || a.roomForMIC || a.anonymous() || a.flags != 0xe2888235 {
		t.Errorf("read %+v", a)
	}
	_, want, session, body := exampleResponse()
	proof, client, target, err := a.response()
	if err != nil || !bytes.Equal(proof, want[:]) || !bytes.Equal(client, body) || target.flags() != 0 {
		t.Errorf("response %x %x, %v", proof, client, err)
	}
	if key := exchange(session, a.key); key != exampleKey {
		t.Errorf("session key %x", key)
	}
}

func TestSealedMessagesAreThoseOfTheSpecification(t *testing.T) {
	var client, server session
	client.start(wanted, exampleKey, false)
	server.start(wanted, exampleKey, true)
	key := derive(exampleKey, clientSigning)
	equal(t, "client signing key (4.2.4.4)", key[:], "4788dc861b4782f35d43fd98fe1a2d39")
	equal(t, "client sealing key (4.2.4.4)", client.send.sealing[:], "59f600973cc4960a25480a7c196e4c58")

	f := security.Fragment{Body: utf16le("Plaintext")}
	sig, err := client.Protect(security.Privacy, f)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "sealed data (4.2.4.4)", f.Body, "54e50165bf1936dc996020c1811b0f06fb5f")
	equal(t, "signature (4.2.4.4)", sig, "010000007fb38ec5c55d497600000000")
	if err := server.Open(security.Privacy, f, sig); err != nil || text(f.Body) != "Plaintext" {
		t.Errorf("opened %q, %v", text(f.Body), err)
	}
}

func TestNamesAreMadeUpperCaseLetterForLetter(t *testing.T) {
	for in, want := range map[string]string{"Größe": "GRÖßE", "alice": "ALICE", "ÿ": "Ÿ", "наталья": "НАТАЛЬЯ", "𐐨": "𐐨", "": ""} {
		if got := text(upper(utf16le(in))); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	if got := upper([]byte{0x61, 0, 0x62}); !bytes.Equal(got, []byte{0x41, 0}) {
		t.Errorf("half a unit became %x", got)
	}
}

func TestNamesOfAComputerFitNetBIOS(t *testing.T) {
	for in, want := range map[string]string{"hub.example.com": "HUB", "a-very-long-name-of-a-computer": "A-VERY-LONG-NAM", "": ""} {
		if got := (Acceptor{Name: in}).netBIOS(); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}
