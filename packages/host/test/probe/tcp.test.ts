import { describe, expect, it } from 'vitest';
import {
  readListening,
  readSocketStates,
  readSocketTotals,
  readSoftnet,
  readTcpCounters,
  readTcpSegments,
} from '../../src/index.ts';
import { stage } from '../support/stage.ts';

const TCP_HEADER =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const line = (number: number, local: string, remote: string, state: string, queue = '00000000'): string =>
  `  ${number}: ${local} ${remote} ${state} 00000000:${queue} 00:00000000 00000000     0        0 ${4000 + number} 1 0000000000000000 100 0 0 10 0\n`;

describe('TCP counters', () => {
  it('are read by name from the pair of lines of their group', () => {
    const root = stage({
      'proc/net/netstat':
        'TcpExt: TW ListenDrops ListenOverflows TCPSynRetrans TCPReqQFullDrop\nTcpExt: 9 7 5 3 2\nIpExt: InOctets\nIpExt: 1\n',
    });
    expect(readTcpCounters(root)).toEqual({
      ok: true,
      value: {
        listenOverflows: 5,
        listenDrops: 7,
        synRetransmits: 3,
        requestQueueFullDrops: 2,
        requestQueueFullCookies: 0,
        timeWaitOverflows: 0,
      },
    });
  });

  it('do not take another group for their own', () => {
    const root = stage({ 'proc/net/netstat': 'MPTcpExt: ListenDrops\nMPTcpExt: 7\n' });
    expect(readTcpCounters(root)).toMatchObject({ ok: false, why: 'malformed' });
  });

  it('count segments sent and sent again', () => {
    const root = stage({
      'proc/net/snmp':
        'Ip: Forwarding\nIp: 1\nTcp: MaxConn OutSegs RetransSegs AttemptFails PassiveOpens ActiveOpens CurrEstab\nTcp: -1 1000 25 4 9 8 6\n',
    });
    expect(readTcpSegments(root)).toEqual({
      ok: true,
      value: {
        outSegments: 1000,
        retransmittedSegments: 25,
        attemptFails: 4,
        passiveOpens: 9,
        activeOpens: 8,
        established: 6,
      },
    });
  });
});

describe('sockets', () => {
  it('are counted cheaply from sockstat, on a machine without IPv6 too', () => {
    const root = stage({
      'proc/net/sockstat': 'sockets: used 17\nTCP: inuse 1 orphan 2 tw 26 alloc 5 mem 304\n',
    });
    expect(readSocketTotals(root)).toEqual({
      ok: true,
      value: { inUse: 1, inUse6: 0, timeWait: 26, orphans: 2, allocated: 5 },
    });
  });

  it('that listen show how many handshakes wait to be accepted', () => {
    const root = stage({
      'proc/net/tcp':
        TCP_HEADER +
        line(0, '00000000:01BB', '00000000:0000', '0A', '000001FF') +
        line(1, '0100007F:01BB', '0100007F:C001', '01'),
      'proc/net/tcp6':
        TCP_HEADER +
        line(0, '00000000000000000000000000000000:0050', '00000000000000000000000000000000:0000', '0A'),
    });
    expect(readListening(root)).toEqual({
      ok: true,
      value: [
        { family: 4, addressHex: '00000000', port: 443, acceptQueue: 511, inode: 4000 },
        { family: 6, addressHex: '0'.repeat(32), port: 80, acceptQueue: 0, inode: 4000 },
      ],
    });
  });

  it('are counted by state', () => {
    const root = stage({
      'proc/net/tcp':
        TCP_HEADER +
        line(0, '00000000:01BB', '00000000:0000', '0A') +
        line(1, '0100007F:01BB', '0100007F:C001', '06') +
        line(10_000, '0100007F:01BB', '0100007F:C002', '06'),
    });
    const states = readSocketStates(root);
    expect(states.ok && [states.value.LISTEN, states.value.TIME_WAIT, states.value.ESTABLISHED]).toEqual([
      1, 2, 0,
    ]);
  });
});

describe('the softirq backlog', () => {
  it('adds up its per-CPU rows', () => {
    const row = (dropped: string): string => `0000000a ${dropped} 00000001 00000000\n`;
    expect(readSoftnet(stage({ 'proc/net/softnet_stat': row('00000002') + row('000000ff') }))).toEqual({
      ok: true,
      value: { processed: 20, dropped: 257, squeezed: 2 },
    });
  });
});
