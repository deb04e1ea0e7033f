"""MSMQ's interfaces for impacket: structures and calls, as their specifications have them."""

from impacket.dcerpc.v5.dtypes import GUID, LPWSTR, ULONG, USHORT, WSTR
from impacket.dcerpc.v5.ndr import (NDRCALL, NDRHYPER, NDRLONG, NDRPOINTER, NDRSMALL, NDRSTRUCT, NDRUNION,
                                    NDRUniConformantArray)
from impacket.uuid import uuidtup_to_bin

QMMGMT = uuidtup_to_bin(('41208ee0-e970-11d1-9b9e-00e02c064c39', '1.0'))
REMOTEREAD = uuidtup_to_bin(('1a9134dd-7b39-45ba-ad88-44d01ca47f28', '1.0'))
QMCOMM = uuidtup_to_bin(('fdb3a030-065f-11d1-bb9b-00a024ea5525', '1.0'))
QMCOMM2 = uuidtup_to_bin(('76d12b80-3467-11d3-91ff-0090272f9ea3', '1.0'))
QM2QM = uuidtup_to_bin(('1088a980-eae5-11d0-8d9b-00a02453c337', '1.0'))


class Handle(NDRSTRUCT):
    """A context handle (C706 14.2.16.6)."""
    align = 4
    structure = (('attributes', ULONG), ('uuid', '16s=b""'))

    def getAlignment(self):
        return 4


class Bytes(NDRUniConformantArray):
    item = 'c'


class PBytes(NDRPOINTER):
    referent = (('Data', Bytes),)


class Numbers(NDRUniConformantArray):
    item = '<L'


# QUEUE_FORMAT (MS-MQMQ 2.2.7)

class Private(NDRSTRUCT):
    structure = (('lineage', GUID), ('uniquifier', ULONG))


class FormatUnion(NDRUNION):
    commonHdr = (('tag', NDRSMALL),)
    union = {1: ('public', GUID), 2: ('private', Private), 3: ('direct', LPWSTR), 'default': None}


class QueueFormat(NDRSTRUCT):
    structure = (('type', NDRSMALL), ('suffix', NDRSMALL), ('reserved', USHORT), ('name', FormatUnion))


class PQueueFormat(NDRPOINTER):
    referent = (('Data', QueueFormat),)


def direct(name):
    """What DIRECT=name is on the wire."""
    f = QueueFormat()
    f['type'] = 3
    f['name']['tag'] = 3
    f['name']['direct'] = name + '\0'
    return f


def copy(to, format):
    """Puts a format name into the request it is for."""
    kind = format['type']
    to['type'] = kind
    to['name']['tag'] = kind
    if kind == 3:
        to['name']['direct'] = format['name']['direct']
    else:
        to['name']['private']['lineage'] = format['name']['private']['lineage']
        to['name']['private']['uniquifier'] = format['name']['private']['uniquifier']


# PROPVARIANT (MS-MQMQ 2.2.13), the types used here

class VariantUnion(NDRUNION):
    commonHdr = (('tag', USHORT),)
    union = {17: ('bVal', NDRSMALL), 18: ('uiVal', USHORT), 19: ('ulVal', ULONG), 31: ('pwszVal', LPWSTR), 'default': None}


class Variant(NDRSTRUCT):
    # As the longest arm of the union is.
    structure = (('vt', USHORT), ('reserved1', NDRSMALL), ('reserved2', NDRSMALL), ('reserved3', ULONG), ('value', VariantUnion))

    def getAlignment(self):
        return 8


def variants(n):
    """An array of n, as a structure: impacket misplaces elements that are aligned to 8."""
    fields = tuple(('%d' % i, Variant) for i in range(n))
    return type('Variants', (NDRSTRUCT,), {'structure': (('max', ULONG),) + fields, 'getAlignment': lambda self: 4})


def fill(to, *values):
    to['max'] = len(values)
    for i, v in enumerate(values):
        to['%d' % i] = v


def variant(kind, value=None):
    v = Variant()
    v['vt'] = kind
    v['value']['tag'] = kind
    v['value'].fields['tag']['Data'] = kind  # also where it has no value
    if kind == 19:
        v['value']['ulVal'] = value
    elif kind == 31:
        v['value']['pwszVal'] = value + '\0'
    return v


# qmmgmt (MS-MQMR 3.1.4)

class ObjectUnion(NDRUNION):
    commonHdr = (('tag', USHORT),)
    union = {1: ('reserved1', ULONG), 2: ('queue', PQueueFormat), 3: ('reserved2', ULONG)}


class ManagementObject(NDRSTRUCT):
    structure = (('type', USHORT), ('object', ObjectUnion))


class GetInfo(NDRCALL):
    opnum = 0
    structure = (('object', ManagementObject), ('cp', ULONG), ('aProp', Numbers), ('apVar', variants(2)))


class GetInfoResponse(NDRCALL):
    structure = (('apVar', variants(2)), ('ErrorCode', ULONG))


class Action(NDRCALL):
    opnum = 1
    structure = (('object', ManagementObject), ('action', WSTR))


class ActionResponse(NDRCALL):
    structure = (('ErrorCode', ULONG),)


# RemoteRead (MS-MQRR 3.1.4)

class GetServerPort(NDRCALL):
    opnum = 0
    structure = ()


class GetServerPortResponse(NDRCALL):
    structure = (('port', ULONG),)


class OpenQueue(NDRCALL):
    opnum = 2
    structure = (('format', QueueFormat), ('access', ULONG), ('share', ULONG), ('client', GUID), ('nonRouting', NDRLONG),
                 ('major', NDRSMALL), ('minor', NDRSMALL), ('build', USHORT), ('workgroup', NDRLONG))


class OpenQueueResponse(NDRCALL):
    structure = (('context', Handle),)


class CloseQueue(NDRCALL):
    opnum = 3
    structure = (('context', Handle),)


class CloseQueueResponse(NDRCALL):
    structure = (('context', Handle), ('ErrorCode', ULONG))


class StartReceive(NDRCALL):
    opnum = 7
    structure = (('context', Handle), ('lookupId', NDRHYPER), ('cursor', ULONG), ('action', ULONG), ('timeout', ULONG),
                 ('request', ULONG), ('maxBody', ULONG), ('maxCompound', ULONG))


class Section(NDRSTRUCT):
    structure = (('type', USHORT), ('alloc', ULONG), ('size', ULONG), ('data', PBytes))


class Sections(NDRUniConformantArray):
    item = Section


class PSections(NDRPOINTER):
    referent = (('Data', Sections),)


class StartReceiveResponse(NDRCALL):
    structure = (('arrived', ULONG), ('sequence', NDRHYPER), ('count', ULONG), ('sections', PSections), ('ErrorCode', ULONG))


class EndReceive(NDRCALL):
    opnum = 9
    structure = (('context', Handle), ('ack', ULONG), ('request', ULONG))


class EndReceiveResponse(NDRCALL):
    structure = (('ErrorCode', ULONG),)


# qmcomm (MS-MQMP 3.1.4)

class FormatArm(NDRUNION):
    commonHdr = (('tag', ULONG),)
    union = {1: ('queue', PQueueFormat)}


class ObjectFormat(NDRSTRUCT):
    structure = (('type', ULONG), ('object', FormatArm))


class CreateObject(NDRCALL):
    opnum = 6
    structure = (('type', ULONG), ('path', WSTR), ('sdSize', ULONG), ('sd', PBytes), ('cp', ULONG), ('aProp', Numbers), ('apVar', variants(2)))


class CreateObjectResponse(NDRCALL):
    structure = (('ErrorCode', ULONG),)


class DeleteObject(NDRCALL):
    opnum = 9
    structure = (('object', ObjectFormat),)


class DeleteObjectResponse(NDRCALL):
    structure = (('ErrorCode', ULONG),)


class GetProperties(NDRCALL):
    opnum = 10
    structure = (('object', ObjectFormat), ('cp', ULONG), ('aProp', Numbers), ('apVar', variants(1)))


class GetPropertiesResponse(NDRCALL):
    structure = (('apVar', variants(1)), ('ErrorCode', ULONG))


class PathToFormat(NDRCALL):
    opnum = 12
    structure = (('path', WSTR), ('object', ObjectFormat))


class PathToFormatResponse(NDRCALL):
    structure = (('object', ObjectFormat), ('ErrorCode', ULONG))


class OpenQueueInternal(NDRCALL):
    opnum = 19
    structure = (('format', QueueFormat), ('access', ULONG), ('share', ULONG), ('remoteQueue', ULONG), ('remoteName', LPWSTR),
                 ('queue', ULONG), ('license', GUID), ('client', WSTR), ('protocol', ULONG), ('remoteContext', ULONG))


class OpenQueueInternalResponse(NDRCALL):
    structure = (('remoteName', LPWSTR), ('number', ULONG), ('handle', Handle), ('ErrorCode', ULONG))


class CloseHandle(NDRCALL):
    opnum = 20
    structure = (('handle', Handle),)


class CloseHandleResponse(NDRCALL):
    structure = (('handle', Handle), ('ErrorCode', ULONG))


# qm2qm (MS-MQQP 3.1.4)

class GetQMPort(NDRCALL):
    opnum = 7
    structure = (('type', ULONG),)


class GetQMPortResponse(NDRCALL):
    structure = (('port', ULONG),)


class GetVersion(NDRCALL):
    opnum = 8
    structure = ()


class GetVersionResponse(NDRCALL):
    structure = (('major', NDRSMALL), ('minor', NDRSMALL), ('build', USHORT))
