package ntlm

// flags are what the two sides agree on (MS-NLMP 2.2.2.5).
type flags uint32

const (
	flagUnicode       flags = 0x00000001
	flagRequestTarget flags = 0x00000004
	flagSign          flags = 0x00000010
	flagSeal          flags = 0x00000020
	flagNTLM          flags = 0x00000200
	flagAnonymous     flags = 0x00000800
	flagAlwaysSign    flags = 0x00008000
	flagTargetServer  flags = 0x00020000
	flagExtended      flags = 0x00080000 // extended session security
	flagTargetInfo    flags = 0x00800000
	flagVersion       flags = 0x02000000
	flag128           flags = 0x20000000
	flagKeyExchange   flags = 0x40000000
	flag56            flags = 0x80000000

	// agreeable is what an acceptor gives to clients that ask for it.
	agreeable = flagUnicode | flagSign | flagSeal | flagNTLM | flagAlwaysSign | flagExtended |
		flagVersion | flag128 | flagKeyExchange | flag56
	// wanted is what an initiator asks for.
	wanted = agreeable | flagRequestTarget
	// least is what nobody may do without.
	least = flagUnicode | flagNTLM | flagExtended
	// strong is what signing and sealing need besides.
	strong = flag128 | flagKeyExchange
)

func (f flags) has(all flags) bool { return f&all == all }

// protects reports whether messages are signed or sealed.
func (f flags) protects() bool { return f&(flagSign|flagSeal) != 0 }
