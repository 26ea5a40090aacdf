import { describe, expect, it } from 'vitest';
import { statusText } from '../../src/command/status-text.ts';
import type { ProcessStatus } from '../../src/serve/service.ts';
import type { Status } from '../../src/serve/status.ts';

const NOTHING_CODED = { answers: 0, bytesIn: 0, bytesOut: 0 };

const counted = { written: 10, dropped: 2, shed: 3, failedWrites: 1 };
const worker = {
  worker: 1,
  pid: 12,
  restarts: 2,
  report: {
    memoryBytes: 50 * 2 ** 20,
    cpuMicros: 1_500_000,
    eventsLost: 4,
    requestLog: { ...counted, mode: 'auto' },
    front: {
      state: 'serving',
      generation: 1,
      listening: [],
      connections: 3,
      accepted: 9,
      overLimit: 0,
      tlsHandshakes: 0,
      tlsResumed: 0,
      tlsFailures: 0,
      requests: 15,
      activeRequests: 1,
      tunnels: 0,
      h2ResetFloods: 0,
      certificates: [],
      refusals: {},
      drops: {},
      upstreams: [],
      upstreamTotals: [],
      compression: { br: NOTHING_CODED, zstd: NOTHING_CODED, gzip: NOTHING_CODED },
      caches: [],
      redis: [],
      requestLog: counted,
    },
  },
} as const satisfies ProcessStatus;
const status: Status = {
  version: '1.2.3',
  state: 'serving',
  pid: 11,
  startedAt: '2026-11-23T00:00:00.000Z',
  uptimeMs: 3 * 3_600_000,
  configuration: '/etc/tollgate/tollgate.yaml',
  listening: [],
  lastReload: null,
  lastCertificateLoad: null,
  machine: null,
  ordered: null,
  processes: [worker, { worker: 2, pid: 13, report: undefined, restarts: 0 }],
};

describe('the status for a person', () => {
  it('tells state and age, what each process did, and what was lost', () => {
    const text = statusText(status);
    expect(text).toContain('serving for 3 h (tollgate 1.2.3, pid 11)');
    expect(text).toContain('worker 1: pid 12, 50 MB, 1.5 s of CPU, replaced 2 times');
    expect(text).toContain('15 requests (1 under way), 3 connections');
    expect(text).toContain('auto: 10 written, 2 lost, 3 shed');
    expect(text).toContain('4 lost');
    expect(text).toContain('worker 2: pid 13 does not answer');
  });

  it('tells of each upstream server how it does, and of each queue what waited', () => {
    const server = {
      server: 'http://127.0.0.1:3000',
      address: null,
      checks: null,
      state: 'up',
      weight: 1,
      backup: false,
      active: 2,
      maxConnections: null,
      requests: 40,
      failures: 0,
      trips: 0,
      fails: 0,
      marked: false,
    } as const;
    const totals = { servers: [server.server], waiting: 1, waited: 5, queueFull: 2, queueLate: 3 };
    const front = {
      ...worker.report.front,
      upstreams: [
        server,
        {
          ...server,
          state: 'unhealthy',
          address: '10.0.0.1',
          checks: { passed: 1, failed: 3, fault: 'status 500' },
        },
        { ...server, state: 'marked', weight: 3, backup: true, maxConnections: 8, failures: 4, fails: 3 },
      ],
      upstreamTotals: [{ ...totals, retries: 6, retriesDenied: 0, lookupsFailed: 7 }],
    } as const;
    const text = statusText({ ...status, processes: [{ ...worker, report: { ...worker.report, front } }] });
    expect(text).toContain('upstream      http://127.0.0.1:3000 in use, 2 under way, 40 asked\n');
    expect(text).toContain(
      'left alone for now, backup, weight 3, 2 of 8 under way, 40 asked, 4 failed, 3 failures in a row\n',
    );
    expect(text).toContain(
      '1 waiting (5 waited, 2 found it full, 3 waited in vain); 7 look-ups failed; 6 asked again, 0 over the budget\n',
    );
    expect(text).toContain('http://127.0.0.1:3000 (10.0.0.1) fails its checks, status 500, 2 under way');
  });

  it('tells of each cache what is in it and what it was good for', () => {
    const idle = {
      name: 'app.test',
      entries: 3,
      bytes: 1.5 * 2 ** 20,
      limitBytes: 64 * 2 ** 20,
      diskBytes: 0,
      diskLimitBytes: 0,
      diskFiles: 0,
      diskErrors: 0,
      evictions: 0,
      waiting: 0,
      hits: 7,
      staleHits: 0,
      errorHits: 0,
      collapsed: 0,
      misses: 3,
      validated: 0,
      passed: 1,
      waitedInVain: 0,
      tooManyWaiting: 0,
      noRoom: 0,
    };
    const busy = { ...idle, staleHits: 1, errorHits: 2, collapsed: 3, validated: 4, evictions: 5, noRoom: 6 };
    const crowded = { ...busy, name: 'app.test/api/', waiting: 7, waitedInVain: 8, tooManyWaiting: 9 };
    const front = { ...worker.report.front, caches: [idle, crowded] } as const;
    const text = statusText({ ...status, processes: [{ ...worker, report: { ...worker.report, front } }] });
    expect(text).toContain('cache         app.test 3 answers in 1.5 of 64 MB, 7 hits, 3 asked\n');
    expect(text).toContain(
      'app.test/api/ 3 answers in 1.5 of 64 MB, 7 hits, 1 stale hits, 2 in place of errors, 3 by waiting, 3 asked, ' +
        '4 of them unchanged, 5 pushed out, 6 without room, 7 waiting now, 8 waited in vain, 9 too many to wait\n',
    );
  });

  it('tells a reload that was refused, with its reasons', () => {
    const refused = {
      at: '2026-11-23T01:00:00.000Z',
      outcome: { ok: false, reason: 'configuration', errors: ['tollgate.yaml:1:1: wrong'] },
    } as const;
    expect(statusText({ ...status, lastReload: refused })).toMatch(/refused\n {4}tollgate\.yaml:1:1: wrong/);
  });

  it('tells certificates that cannot be loaded for as long as they cannot', () => {
    const at = '2026-11-23T01:00:00.000Z';
    const unusable = { at, errors: ['site a.test: tls.key: cannot read a.key'] };
    expect(statusText({ ...status, lastCertificateLoad: unusable })).toMatch(
      /certificates +2026-\S+: not all could be loaded; .*\n {4}site a\.test: tls\.key: cannot read a\.key/,
    );
    expect(statusText({ ...status, lastCertificateLoad: { at, errors: [] } })).toBe(statusText(status));
  });
});
