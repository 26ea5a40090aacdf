import { describe, expect, it } from 'vitest';
import { statusText } from '../../src/command/status-text.ts';
import type { ProcessStatus } from '../../src/serve/service.ts';
import type { Status } from '../../src/serve/status.ts';

const counted = { written: 10, dropped: 2, shed: 3, failedWrites: 1 };
const worker: ProcessStatus = {
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
      tlsFailures: 0,
      requests: 15,
      activeRequests: 1,
      tunnels: 0,
      h2ResetFloods: 0,
      refusals: {},
      upstreams: [],
      requestLog: counted,
    },
  },
};
const status: Status = {
  version: '1.2.3',
  state: 'serving',
  pid: 11,
  startedAt: '2026-11-23T00:00:00.000Z',
  uptimeMs: 3 * 3_600_000,
  configuration: '/etc/tollgate/tollgate.yaml',
  listening: [],
  lastReload: null,
  machine: null,
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

  it('tells a reload that was refused, with its reasons', () => {
    const refused = {
      at: '2026-11-23T01:00:00.000Z',
      outcome: { ok: false, reason: 'configuration', errors: ['tollgate.yaml:1:1: wrong'] },
    } as const;
    expect(statusText({ ...status, lastReload: refused })).toMatch(/refused\n {4}tollgate\.yaml:1:1: wrong/);
  });
});
