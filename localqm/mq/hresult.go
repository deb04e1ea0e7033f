package mq

import (
	"fmt"
	"strconv"
	"strings"
)

// HResult is a status code of MS-MQMQ 2.4. It is an error, so that
// errors.Is(err, mq.ErrQueueNotFound) reads well.
type HResult uint32

// OK is success.
const OK HResult = 0x00000000

// The codes that are no failure (MS-MQMQ 2.4).
const (
	InfoProperty                 HResult = 0x400E0001
	InfoIllegalProperty          HResult = 0x400E0002
	InfoPropertyIgnored          HResult = 0x400E0003
	InfoUnsupportedProperty      HResult = 0x400E0004
	InfoDuplicateProperty        HResult = 0x400E0005
	InfoOperationPending         HResult = 0x400E0006
	InfoFormatNameBufferTooSmall HResult = 0x400E0009
	InfoInternalUserCertExists   HResult = 0x400E000A
	InfoOwnerIgnored             HResult = 0x400E000B
)

// The failures that the queue manager answers or receives (MS-MQMQ 2.4; the
// remaining codes of that section have a name and words, but no constant).
const (
	ErrGeneric                          HResult = 0xC00E0001
	ErrProperty                         HResult = 0xC00E0002
	ErrQueueNotFound                    HResult = 0xC00E0003
	ErrQueueNotActive                   HResult = 0xC00E0004
	ErrQueueExists                      HResult = 0xC00E0005
	ErrInvalidParameter                 HResult = 0xC00E0006
	ErrInvalidHandle                    HResult = 0xC00E0007
	ErrOperationCancelled               HResult = 0xC00E0008
	ErrSharingViolation                 HResult = 0xC00E0009
	ErrServiceNotAvailable              HResult = 0xC00E000B
	ErrMachineNotFound                  HResult = 0xC00E000D
	ErrNoDS                             HResult = 0xC00E0013
	ErrIllegalQueuePathname             HResult = 0xC00E0014
	ErrIllegalPropertyValue             HResult = 0xC00E0018
	ErrIllegalPropertyVT                HResult = 0xC00E0019
	ErrBufferOverflow                   HResult = 0xC00E001A
	ErrIOTimeout                        HResult = 0xC00E001B
	ErrIllegalCursorAction              HResult = 0xC00E001C
	ErrMessageAlreadyReceived           HResult = 0xC00E001D
	ErrIllegalFormatName                HResult = 0xC00E001E
	ErrFormatNameBufferTooSmall         HResult = 0xC00E001F
	ErrUnsupportedFormatNameOperation   HResult = 0xC00E0020
	ErrIllegalSecurityDescriptor        HResult = 0xC00E0021
	ErrSecurityDescriptorTooSmall       HResult = 0xC00E0023
	ErrCannotImpersonateClient          HResult = 0xC00E0024
	ErrAccessDenied                     HResult = 0xC00E0025
	ErrPrivilegeNotHeld                 HResult = 0xC00E0026
	ErrInsufficientResources            HResult = 0xC00E0027
	ErrUserBufferTooSmall               HResult = 0xC00E0028
	ErrMessageStorageFailed             HResult = 0xC00E002A
	ErrInvalidCertificate               HResult = 0xC00E002C
	ErrNoInternalUserCert               HResult = 0xC00E002F
	ErrCorruptedSecurityData            HResult = 0xC00E0030
	ErrComputerDoesNotSupportEncryption HResult = 0xC00E0033
	ErrBadSecurityContext               HResult = 0xC00E0035
	ErrCouldNotGetUserSID               HResult = 0xC00E0036
	ErrIllegalPropID                    HResult = 0xC00E0039
	ErrIllegalPropertySize              HResult = 0xC00E003B
	ErrPropertyNotAllowed               HResult = 0xC00E003E
	ErrInsufficientProperties           HResult = 0xC00E003F
	ErrDS                               HResult = 0xC00E0043
	ErrInvalidOwner                     HResult = 0xC00E0044
	ErrUnsupportedAccessMode            HResult = 0xC00E0045
	ErrResultBufferTooSmall             HResult = 0xC00E0046
	ErrQueueNotAvailable                HResult = 0xC00E004B
	ErrDTCConnect                       HResult = 0xC00E004C
	ErrTransactionImport                HResult = 0xC00E004E
	ErrTransactionUsage                 HResult = 0xC00E0050
	ErrTransactionSequence              HResult = 0xC00E0051
	ErrMissingConnectorType             HResult = 0xC00E0055
	ErrStaleHandle                      HResult = 0xC00E0056
	ErrTransactionEnlist                HResult = 0xC00E0058
	ErrQueueDeleted                     HResult = 0xC00E005A
	ErrIllegalContext                   HResult = 0xC00E005B
	ErrLabelTooLong                     HResult = 0xC00E005D
	ErrIllegalOperation                 HResult = 0xC00E0064
	ErrCorruptedQueueWasDeleted         HResult = 0xC00E0068
	ErrRemoteMachineNotAvailable        HResult = 0xC00E0069
	ErrUnsupportedOperation             HResult = 0xC00E006A
	ErrEncryptionProviderNotSupported   HResult = 0xC00E006B
	ErrCertificateNotProvided           HResult = 0xC00E006D
	ErrCannotJoinDomain                 HResult = 0xC00E0076
	ErrPublicKeyNotFound                HResult = 0xC00E0079
	ErrPublicKeyDoesNotExist            HResult = 0xC00E007A
	ErrFailVerifySignature              HResult = 0xC00E0082
	ErrPropertiesConflict               HResult = 0xC00E0087
	ErrMessageNotFound                  HResult = 0xC00E0088
	ErrNotSupportedByDependentClients   HResult = 0xC00E008A
	ErrOperationNotSupportedByRemote    HResult = 0xC00E008B
	ErrDSLocalUser                      HResult = 0xC00E0090
	ErrBadXMLFormat                     HResult = 0xC00E0092
	ErrResolveAddress                   HResult = 0xC00E0099
	ErrTooManyProperties                HResult = 0xC00E009A
	ErrMessageNotAuthenticated          HResult = 0xC00E009B
	ErrMessageLocked                    HResult = 0xC00E009C
	ErrObjectNotFound                   HResult = 0xC00E050F // MQDS_OBJECT_NOT_FOUND, MS-MQDS
)

// Error is the name and the code.
func (h HResult) Error() string { return fmt.Sprintf("%s (0x%08X)", h.Name(), uint32(h)) }

// Failed reports whether the code is a failure, not a success or a notice.
func (h HResult) Failed() bool { return h&0x80000000 != 0 }

// Name is the symbolic name, MQ_ERROR_QUEUE_NOT_FOUND; the hex code if unknown.
func (h HResult) Name() string {
	if w, ok := hresults[h]; ok {
		return w.name
	}
	return fmt.Sprintf("0x%08X", uint32(h))
}

// Text is the meaning in plain words, for the middle of a line: a small
// letter first, no full stop; empty if unknown.
func (h HResult) Text() string { return hresults[h].text }

// ParseHResult reads a code as people paste it: its name with or without
// MQ_ERROR_, 0xC00E0003, C00E0003, or the signed decimal -1072824317.
func ParseHResult(s string) (HResult, bool) {
	t := strings.ToUpper(strings.TrimSpace(s))
	for code, w := range hresults {
		if w.name == t || w.name == "MQ_ERROR_"+t || w.name == "MQ_INFORMATION_"+t {
			return code, true
		}
	}
	if n, err := strconv.ParseInt(t, 10, 64); err == nil && int64(int32(n)) == n && n < 0 {
		return HResult(uint32(int32(n))), true
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(t, "0X"), 16, 32)
	return HResult(n), err == nil && len(strings.TrimPrefix(t, "0X")) == 8
}
