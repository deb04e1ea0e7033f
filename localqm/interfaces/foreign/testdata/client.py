"""Speaks all interfaces of a queue manager. Prints what it sees, one line each."""

import argparse
import os

from impacket.dcerpc.v5 import epm, rpcrt, transport
from impacket.dcerpc.v5.dtypes import NULL
from impacket.dcerpc.v5.rpcrt import DCERPCException

from msmq import *

LEVELS = {'none': rpcrt.RPC_C_AUTHN_LEVEL_NONE, 'connect': rpcrt.RPC_C_AUTHN_LEVEL_CONNECT,
          'integrity': rpcrt.RPC_C_AUTHN_LEVEL_PKT_INTEGRITY, 'privacy': rpcrt.RPC_C_AUTHN_LEVEL_PKT_PRIVACY}

p = argparse.ArgumentParser()
for name in ('address', 'host', 'user', 'password', 'realm', 'level'):
    p.add_argument('--' + name, default='')
for name in ('port', 'qm-port', 'mapper-port', 'fragment', 'filler'):
    p.add_argument('--' + name, type=int, default=0)
p.add_argument('--kerberos', action='store_true')
p.add_argument('--queue', default=r'OS:HUB\private$\orders')
a = p.parse_args()


def connect(interface, port, level):
    t = transport.DCERPCTransportFactory('ncacn_ip_tcp:%s[%d]' % (a.address, port))
    t.setRemoteName(a.host)
    dce = None
    if level != 'none':
        t.set_credentials(a.user, a.password, a.realm)
        t.set_kerberos(a.kerberos)
    dce = t.get_dce_rpc()
    if level != 'none':
        dce.set_auth_type(rpcrt.RPC_C_AUTHN_GSS_NEGOTIATE if a.kerberos else rpcrt.RPC_C_AUTHN_WINNT)
        dce.set_auth_level(LEVELS[level])
    if a.fragment:
        dce.set_max_fragment_size(a.fragment)
    dce.connect()
    if interface:
        dce.bind(interface)
    return dce


def call(dce, request):
    """The answer, also when it says that the call failed."""
    try:
        return dce.request(request, checkError=False)
    except DCERPCException as e:
        return {'fault': str(e)}


def say(what, *values):
    print(what, *values, flush=True)


def failed(answer):
    return answer['fault'] if isinstance(answer, dict) else '0x%08X' % answer['ErrorCode']


def qmmgmt(dce):
    r = GetInfo()
    r['object']['type'] = 2
    r['object']['object']['tag'] = 2
    copy(r['object']['object']['queue'], direct(a.queue))
    r['cp'] = 2
    r['aProp'] = [7, 1]
    fill(r['apVar'], variant(1), variant(1))
    s = call(dce, r)
    if isinstance(s, dict):
        say('qmmgmt', s['fault'])
        return
    if s['ErrorCode'] != 0:
        say('qmmgmt', failed(s))
        return
    say('qmmgmt messages', s['apVar']['0']['value']['ulVal'])
    say('qmmgmt path', s['apVar']['1']['value']['pwszVal'].rstrip('\0'))
    for object in 1, 3:
        r = Action()
        r['object']['type'] = object
        r['object']['object']['tag'] = object
        r['action'] = 'TIDY\0'
        say('qmmgmt action', object, failed(call(dce, r)))


def remoteread(dce):
    say('RemoteRead port', call(dce, GetServerPort())['port'] == a.port)
    r = OpenQueue()
    copy(r['format'], direct(a.queue))
    r['access'], r['share'] = 1, 0
    r['client'] = os.urandom(16)
    r['nonRouting'], r['major'], r['minor'], r['build'], r['workgroup'] = 0, 6, 3, 100, 0
    s = call(dce, r)
    if isinstance(s, dict):
        say('RemoteRead', s['fault'])
        return
    handle = s['context']

    def receive(action, request):
        r = StartReceive()
        r['context'] = handle
        r['lookupId'], r['cursor'], r['action'], r['timeout'], r['request'] = 0, 0, action, 0, request
        r['maxBody'] = r['maxCompound'] = 0xffffffff
        return call(dce, r)

    s = receive(0x80000000, 1)
    packet = b''.join(s['sections'][0]['data'])
    say('RemoteRead peek', failed(s), len(packet) == s['sections'][0]['size'], b'a message for impacket' in packet)
    for request, ack in (2, 1), (3, 2):  # given back, and kept
        s = receive(0, request)
        packet = b''.join(s['sections'][0]['data'])
        say('RemoteRead receive', failed(s), b'a message for impacket' in packet)
        r = EndReceive()
        r['context'], r['ack'], r['request'] = handle, ack, request
        say('RemoteRead end', ack, failed(call(dce, r)))
    say('RemoteRead empty', failed(receive(0, 4)))
    r = CloseQueue()
    r['context'] = handle
    s = call(dce, r)
    say('RemoteRead close', failed(s), s['context']['uuid'] == b'\0' * 16)


def queue(format):
    o = ObjectFormat()
    o['type'] = 1
    o['object']['tag'] = 1
    copy(o['object']['queue'], format)
    return o


def qmcomm(dce):
    path = 'HUB\\private$\\neu-größe'
    r = CreateObject()
    r['type'], r['path'], r['sdSize'], r['sd'] = 1, path + '\0', 0, NULL
    label = 'from impacket ' + 'x' * a.filler
    r['cp'], r['aProp'] = 2, [103, 108]
    fill(r['apVar'], variant(31, path), variant(31, label))
    s = call(dce, r)
    if isinstance(s, dict):
        say('qmcomm', s['fault'])
        return
    say('qmcomm create', failed(s))
    if s['ErrorCode'] != 0:
        return
    r = PathToFormat()
    r['path'] = path + '\0'
    r['object']['type'] = 1
    r['object']['object']['tag'] = 1
    r['object']['object']['queue']['type'] = 0
    r['object']['object']['queue']['name']['tag'] = 0
    r['object']['object']['queue']['name'].fields['tag']['Data'] = 0
    s = call(dce, r)
    format = s['object']['object']['queue']
    say('qmcomm format', failed(s), format['type'])
    r = GetProperties()
    r['object'] = queue(format)
    r['cp'], r['aProp'] = 1, [108]
    fill(r['apVar'], variant(1))
    s = call(dce, r)
    say('qmcomm label', failed(s), s['apVar']['0']['value']['pwszVal'].rstrip('\0') == label)
    r = OpenQueueInternal()
    copy(r['format'], format)
    r['access'], r['share'], r['remoteQueue'], r['remoteName'], r['queue'] = 2, 0, 0, NULL, 0
    r['license'], r['client'], r['protocol'], r['remoteContext'] = os.urandom(16), 'impacket\0', 0, 0
    s = call(dce, r)
    say('qmcomm open', failed(s))
    r = CloseHandle()
    r['handle'] = s['handle']
    s = call(dce, r)
    say('qmcomm close', failed(s), s['handle']['uuid'] == b'\0' * 16)
    r = DeleteObject()
    r['object'] = queue(format)
    say('qmcomm delete', failed(call(dce, r)))


def qm2qm(dce):
    r = GetQMPort()
    r['type'] = 1
    say('qm2qm port', call(dce, r)['port'] == a.qm_port)
    s = call(dce, GetVersion())
    say('qm2qm version', s['major'], s['minor'])


def mapper(level):
    dce = connect(None, a.mapper_port, level)  # epm binds
    seen = {}
    for e in epm.hept_lookup(a.address, dce=dce):
        binding = epm.PrintStringBinding(e['tower']['Floors'])
        seen.setdefault(str(e['tower']['Floors'][0]).split(' ')[0].lower(), set()).add(binding)
    say('epm interfaces', len(seen), all('[%d]' % a.port in b or '[%d]' % a.qm_port in b for s in seen.values() for b in s))
    dce = connect(None, a.mapper_port, level)  # epm binds
    at = epm.hept_map(a.address, REMOTEREAD, protocol='ncacn_ip_tcp', dce=dce)
    say('epm map', at == 'ncacn_ip_tcp:%s[%d]' % (a.address, a.port))


mapper(a.level)
for name, interface, port, speak in (('qmmgmt', QMMGMT, a.port, qmmgmt), ('RemoteRead', REMOTEREAD, a.port, remoteread),
                                     ('qmcomm', QMCOMM, a.port, qmcomm), ('qm2qm', QM2QM, a.qm_port, qm2qm)):
    speak(connect(interface, port, a.level))
connect(QMCOMM2, a.port, a.level)
say('done')
