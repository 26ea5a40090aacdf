import { describe, expect, it } from 'vitest';
import {
  bottleneck,
  type Check,
  type Expectation,
  gatherFacts,
  runChecks,
  secondsToCliff,
  viewOf,
} from '../../src/index.ts';
import { files, look, type Numbers } from '../support/healthy.ts';
import { valueOf } from '../../src/probe/reading.ts';
import { type Files, stage } from '../support/stage.ts';

const check = (id: string, checks: readonly Check[]): Check => {
  const found = checks.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no check ${id} among ${checks.map((one) => one.id).join()}`);
  return found;
};

it('a healthy machine passes every check, and has nothing to mend', () => {
  const checks = runChecks(look(files()));
  expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
  expect(checks.every(({ fix }) => fix === null)).toBe(true);
  expect(bottleneck(checks)).toBeUndefined();
  expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
});

it('460 connections in a queue of 4096 are no cause for alarm', () => {
  const view = look(files({ acceptQueue: 460 }));
  const asked = { ...view, now: { ...view.now, backlogs: valueOf(new Map([[1, 4096]])) } };
  expect(check('accept-queue', runChecks(asked))).toMatchObject({ status: 'ok', confidence: 'high' });
  expect(check('accept-queue', runChecks(view))).toMatchObject({ status: 'fail', confidence: 'medium' });
});

/** What the machine shows now; a pair: a moment ago and now. */
type Staged = Numbers | readonly [Numbers, Numbers];

const DRIVEN: Readonly<Record<string, { readonly warn?: Staged; readonly fail?: Staged }>> = {
  'conntrack-use': { warn: { max: 1000, entries: 800 }, fail: { max: 1000, entries: 950 } },
  'conntrack-cliff': {
    // 90 % of what it holds for ever; then the story.
    warn: [{ max: 12_000 }, { max: 12_000, passiveOpens: 900 }],
    fail: [{ max: 8192 }, { max: 8192, passiveOpens: 4360 }],
  },
  'conntrack-size': { warn: { max: 30_000 }, fail: { max: 8192 } },
  'conntrack-drops': { warn: { drop: 5 }, fail: [{ drop: 5 }, { drop: 9 }] },
  'listen-overflows': { warn: { listenDrops: 7 }, fail: [{ listenDrops: 7 }, { listenDrops: 8 }] },
  'accept-queue': { warn: { acceptQueue: 400 }, fail: { acceptQueue: 511 } },
  somaxconn: { warn: { somaxconn: 512 }, fail: { somaxconn: 128 } },
  'syn-queue': { warn: { requestQueueFull: 3 }, fail: { synCookies: 0 } },
  retransmits: {
    warn: [{}, { outSegments: 10_000, retransmitted: 200 }],
    fail: [{}, { outSegments: 10_000, retransmitted: 900 }],
  },
  'syn-retransmits': { warn: [{}, { synRetransmits: 50 }], fail: [{}, { synRetransmits: 900 }] },
  'time-wait': { warn: { timeWait: 15_000 }, fail: { timeWait: 27_000 } },
  softnet: { warn: { softnetDropped: 3 }, fail: [{}, { softnetDropped: 3 }] },
  'nic-drops': { warn: { nicDropped: 3 }, fail: [{ nicDropped: 3 }, { nicDropped: 7 }] },
  steal: {
    warn: [{}, { idleTicks: 1950, stealTicks: 50 }],
    fail: [{}, { idleTicks: 1800, stealTicks: 200 }],
  },
  'cpu-pressure': { warn: { pressure: 25 }, fail: { pressure: 80 } },
  'cpu-quota': { warn: { throttled: 50 }, fail: { throttled: 400 } },
  memory: { warn: { availableKb: 80_000 }, fail: { availableKb: 20_000 } },
  'open-files': { warn: { openFiles: 75 }, fail: { openFiles: 95 } },
  'journald-cpu': { warn: [{}, { journaldMillis: 1000 }], fail: [{}, { journaldMillis: 3000 }] },
  'exposed-ports': { warn: { listeningOn: 3306 }, fail: { listeningOn: 3306 } },
};

/** What the loaded rules make of it, where the numbers alone do not decide. */
const EXPECTED: Readonly<Record<string, Partial<Expectation>>> = {
  'exposed-ports: warn': { isOpen: () => false },
  'exposed-ports: fail': { isOpen: (port) => port === 3306 },
};

/** Driven by who else is here. */
const SURROUNDED: Readonly<Record<string, Files>> = {
  ufw: { 'etc/ufw/ufw.conf': 'ENABLED=yes\n' },
  firewalld: { 'proc/70/comm': 'firewalld\n' },
  docker: { 'proc/70/comm': 'dockerd\n' },
  'double-logging': { 'proc/70/comm': 'rsyslogd\n' },
};

it('every check is driven to warn and to fail, but for the statuses that it says it never has, with the reason', () => {
  const without = runChecks(look(files())).flatMap(({ id, never }) =>
    (['warn', 'fail'] as const)
      .filter((status) => DRIVEN[id]?.[status] === undefined && !(status === 'warn' && id in SURROUNDED))
      .map((status) => [`${id}: ${status}`, never?.[status] ?? 'not driven'] as const),
  );
  expect(without.filter(([, reason]) => reason === 'not driven')).toEqual([]);
  expect(without.map(([what]) => what)).toEqual([
    'double-logging: fail',
    'ufw: fail',
    'firewalld: fail',
    'docker: fail',
    'usual-advice: warn',
    'usual-advice: fail',
  ]);
});

describe('each check is driven to warn and to fail by what the machine shows', () => {
  const cases = Object.entries(DRIVEN).flatMap(([id, driven]) =>
    Object.entries(driven).map(([status, staged]) => [id, status, staged] as const),
  );
  it.each(cases)('%s: %s', (id, status, staged) => {
    const [before, now] = Array.isArray(staged) ? staged : [staged, staged];
    const expected = { namedPorts: [443], ...EXPECTED[`${id}: ${status}`] };
    const found = check(id, runChecks(look(files(now), files(before), expected)));
    expect(found.status).toBe(status);
    expect(found.fix).toBeTruthy();
    expect(found.meaning.length).toBeGreaterThan(20);
  });

  it.each(Object.entries(SURROUNDED))('%s: warn', (id, extra) => {
    expect(check(id, runChecks(look(files({}, extra)))).status).toBe('warn');
  });

  it('rsyslog that journald does not feed writes nothing twice', () => {
    const extra = {
      'proc/70/comm': 'rsyslogd\n',
      'etc/systemd/journald.conf': '[Journal]\nForwardToSyslog=no\n',
    };
    expect(check('double-logging', runChecks(look(files({}, extra)))).status).toBe('ok');
  });
});

describe('the host of the story', () => {
  const before = files({ max: 8192 });
  const now = files({ max: 8192, entries: 4370, passiveOpens: 4360 });

  it('is diagnosed in one line: the table, its limit, the seconds it lasts, the cure', () => {
    const found = bottleneck(runChecks(look(now, before)));
    expect(found).toMatchObject({ id: 'conntrack-cliff', status: 'fail', value: 9, confidence: 'high' });
    expect(found?.meaning).toBe(
      'the connection table (limit 8192, 4370 used) lasts 9 s at 436 new connections/s; it can hold 68/s for ever',
    );
    expect(found?.fix).toContain('tollgate firewall apply');
  });

  it('lasts half as long when each request takes a loopback connection too', () => {
    const view = look(now, before, { entriesPerRequest: 2 });
    expect(check('conntrack-cliff', runChecks(view)).value).toBe(4);
  });

  it('is well once web traffic is untracked', () => {
    const checks = runChecks(look(now, before, { tracksWeb: false }));
    expect(check('conntrack-cliff', checks).status).toBe('ok');
    expect(check('conntrack-size', checks).status).toBe('ok');
  });

  it('can be asked about a rate before it comes', () => {
    const view = look(before, before, { connectionsPerSecond: 436 });
    expect(check('conntrack-cliff', runChecks(view)).value).toBe(19);
  });
});

it('a table lasts for ever at a rate whose entries leave as fast as they come', () => {
  const table = { entries: 0, max: 12_000, staySeconds: 120 };
  expect(secondsToCliff(table, 100)).toBe(Number.POSITIVE_INFINITY);
  expect(secondsToCliff(table, 200)).toBe(60);
  expect(secondsToCliff({ ...table, entries: 12_000 }, 200)).toBe(0);
});

it('what cannot be read is unknown, with the reason, and never ok', () => {
  const checks = runChecks(look({ 'proc/net/stat/nf_conntrack/in-the-way': '' }));
  const status = new Map(checks.map(({ id, status }) => [id, status]));
  for (const id of [
    'conntrack-use',
    'listen-overflows',
    'somaxconn',
    'retransmits',
    'steal',
    'memory',
    'open-files',
  ]) {
    expect([id, status.get(id)]).toEqual([id, 'unknown']);
  }
});

it('a kernel that tracks nothing has no table to fill', () => {
  const { 'proc/net/stat/nf_conntrack': _, ...without } = files();
  expect(check('conntrack-use', runChecks(look(without)))).toMatchObject({ status: 'ok', value: 0 });
});

it('a port on loopback is not exposed, one of IPv6 is', () => {
  const tcp6 =
    '  sl  local_address rem_address st\n' +
    `   0: ${'0'.repeat(32)}:0CEA ${'0'.repeat(32)}:0000 0A 00000000:00000000 00:0 0 0 0 1\n` +
    `   1: 00000000000000000000000001000000:0CEB ${'0'.repeat(32)}:0000 0A 00000000:00000000 00:0 0 0 0 1\n` +
    `   2: 0000000000000000FFFF00000100007F:0CEC ${'0'.repeat(32)}:0000 0A 00000000:00000000 00:0 0 0 0 1\n`;
  expect(check('exposed-ports', runChecks(look(files({}, { 'proc/net/tcp6': tcp6 })))).value).toBe('3306');
});

it('causes come before their symptoms: a full table also drops SYNs', () => {
  const full = { max: 1000, entries: 1000, drop: 900, listenDrops: 9, synRetransmits: 900 };
  expect(bottleneck(runChecks(look(files(full), files({ max: 1000 }))))?.id).toBe('conntrack-drops');
});

describe('regression: a process that lowered its limit of open files below what it holds, as sandboxes do', () => {
  const sandboxed = (limit: number): Files => ({
    'proc/70/limits': `Max open files            ${limit}                   ${limit}                   files\n`,
    'proc/70/status': 'Name:\tsandboxed\nPPid:\t1\nVmRSS:\t10 kB\n',
    ...Object.fromEntries(Array.from({ length: 5 }, (_, fd) => [`proc/70/fd/${fd}`, ''])),
  });

  it.each([0, 1, 5])('to %d is no fault', (limit) => {
    expect(check('open-files', runChecks(look(files({}, sandboxed(limit)))))).toMatchObject({
      status: 'ok',
      meaning: 'node (50) has 3 of 100 files open, the nearest to a limit',
    });
  });

  it.each([0, 1, 5])('to %d does not hide a proxy that is at its own', (limit) => {
    expect(check('open-files', runChecks(look(files({ openFiles: 99 }, sandboxed(limit)))))).toMatchObject({
      status: 'fail',
      value: 99,
      meaning: expect.stringContaining('node (50)'),
    });
  });

  it('and is the one that is asked about: said, and no fault', () => {
    const facts = gatherFacts({ root: stage(files({}, sandboxed(0))), pid: 70 });
    const found = check('open-files', runChecks(viewOf(facts, facts, {})));
    expect(found).toMatchObject({ status: 'ok', meaning: expect.stringContaining('gave up opening more') });
  });
});
