package mq

import "fmt"

// HResult is a status code of MS-MQMQ 2.4. It is an error, so that
// errors.Is(err, mq.ErrQueueNotFound) reads well.
type HResult uint32

// The codes the queue manager itself answers.
const (
	OK                                HResult = 0x00000000
	ErrGeneric                        HResult = 0xC00E0001
	ErrProperty                       HResult = 0xC00E0002
	ErrQueueNotFound                  HResult = 0xC00E0003
	ErrQueueNotActive                 HResult = 0xC00E0004
	ErrQueueExists                    HResult = 0xC00E0005
	ErrInvalidParameter               HResult = 0xC00E0006
	ErrInvalidHandle                  HResult = 0xC00E0007
	ErrOperationCancelled             HResult = 0xC00E0008
	ErrSharingViolation               HResult = 0xC00E0009
	ErrServiceNotAvailable            HResult = 0xC00E000B
	ErrMachineNotFound                HResult = 0xC00E000D
	ErrIllegalQueuePathname           HResult = 0xC00E0014
	ErrIllegalPropertyValue           HResult = 0xC00E0018
	ErrIOTimeout                      HResult = 0xC00E001B
	ErrIllegalCursorAction            HResult = 0xC00E001C
	ErrMessageAlreadyReceived         HResult = 0xC00E001D
	ErrIllegalFormatName              HResult = 0xC00E001E
	ErrUnsupportedFormatNameOperation HResult = 0xC00E0020
	ErrIllegalSecurityDescriptor      HResult = 0xC00E0021
	ErrAccessDenied                   HResult = 0xC00E0025
	ErrInsufficientResources          HResult = 0xC00E0027
	ErrMessageStorageFailed           HResult = 0xC00E002A
	ErrUnsupportedAccessMode          HResult = 0xC00E0045
	ErrQueueNotAvailable              HResult = 0xC00E004B
	ErrTransactionUsage               HResult = 0xC00E0050
	ErrTransactionSequence            HResult = 0xC00E0051
	ErrStaleHandle                    HResult = 0xC00E0056
	ErrTransactionEnlist              HResult = 0xC00E0058
	ErrQueueDeleted                   HResult = 0xC00E005A
	ErrLabelTooLong                   HResult = 0xC00E005D
	ErrUnsupportedOperation           HResult = 0xC00E006A
	ErrMessageNotFound                HResult = 0xC00E0088
	ErrMessageLocked                  HResult = 0xC00E009C
)

// Error is the name and the code.
func (h HResult) Error() string { return fmt.Sprintf("%s (0x%08X)", h.Name(), uint32(h)) }

// Name is the symbolic name, MQ_ERROR_QUEUE_NOT_FOUND; the hex code if unknown.
func (h HResult) Name() string { return fmt.Sprintf("0x%08X", uint32(h)) }

// Text is the meaning in plain words, empty if unknown.
func (h HResult) Text() string { return "" }
