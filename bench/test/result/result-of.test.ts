// result.json from rows.jsonl: what was kept while a run went on is enough, and a run that was cut short says what it has.
import { describe, expect, it } from 'vitest';
import { record, type RunNote } from '../../src/experiment/record.ts';
import type { Line, Plan, Sample } from '../../src/format/line.ts';
import type { Row } from '../../src/format/row.ts';
import { noErrors } from '../../src/load/error-counts.ts';
import type { ErrorPhase, LoadBucket, LoadReport } from '../../src/load/spec.ts';
import { recordingOf } from '../../src/result/recording.ts';
import { resultOf } from '../../src/result/result-of.ts';
import type { Result } from '../../src/format/result.ts';
import { sampleAt } from '../support/sample.ts';

const START_MS = 50_000;
const MACHINE = {
  kernel: 'Linux',
  cpu: 'a test',
  cores: 2,
  memoryBytes: 1,
  node: 'v26',
  openssl: '3',
  versions: {},
  virtualised: null,
};

const describing = (plan: Plan): Line => ({
  line: 'description',
  startedAt: '2026-11-23T00:00:00.000Z',
  command: 'test',
  machine: MACHINE,
  plan,
});

/** Through a file and back, as they will be read. */
function resultFrom(lines: readonly Line[]): Result {
  const read: readonly Line[] = lines.map((line) => JSON.parse(JSON.stringify(line)));
  const recording = recordingOf(read);
  if (recording === null) throw new Error('no description');
  return resultOf(recording);
}

const END: Line = { line: 'end' };

const bucket = (atMs: number, good: number, phases: Partial<Record<ErrorPhase, number>> = {}): LoadBucket => {
  const errors = Object.values(phases).reduce((sum, count) => sum + count, 0);
  return { atMs, good, attempts: good + errors, errors, phases, lateMs: 0, p50Ms: 1, p99Ms: 2 };
};

const sample = (atMs: number): Sample => sampleAt(START_MS + atMs, atMs * 500);

const NOTE: RunNote = { name: 'stateful', firewall: 'stateful', attempt: 0, inode: null, dummies: 0 };

interface Made {
  readonly goodput: readonly number[];
  readonly failing?: Partial<Record<ErrorPhase, number>>;
  readonly report?: Partial<LoadReport>;
  readonly rate?: number;
}

/** What a run of so many seconds writes down, in its order. */
function runLines(note: RunNote, { goodput, failing = {}, report = {}, rate }: Made): readonly Line[] {
  const lines: Line[] = [];
  const durationMs = goodput.length * 1000;
  const shape = { mode: 'new', connections: 5, warmupMs: 0, durationMs } as const;
  const recorder = record(
    { keep: (line) => lines.push(line) },
    note,
    rate === undefined ? shape : { ...shape, rate },
  );
  recorder.onPhase?.('measuring', START_MS);
  recorder.onSample(sample(0));
  const seconds = goodput.map((good, at) => bucket(at * 1000, good, failing));
  for (const second of seconds) {
    recorder.onBucket?.(second);
    recorder.onSecond?.(second);
    recorder.onSample(sample(second.atMs + 1000));
  }
  const good = goodput.reduce((sum, count) => sum + count, 0);
  recorder.onReport({
    attempts: good,
    good,
    errors: noErrors(),
    warmup: { attempts: 0, good: 0 },
    blocked: 0,
    offered: good,
    unsent: 0,
    connectionsOpened: good,
    sessionsResumed: 0,
    bytesRead: 0,
    durationMs,
    startedAtMs: START_MS,
    cpuMicros: 0,
    stalledMs: 0,
    ended: good,
    latency: null,
    serviceLatency: null,
    buckets: seconds,
    seconds,
    ...report,
  });
  return lines;
}

const CLIFF: Line = describing({ kind: 'cliff', runs: ['stateful', 'notrack'] });
const HEALTHY = { goodput: [100, 100, 100, 100] };
const notrack = runLines({ ...NOTE, name: 'notrack' }, HEALTHY);

const idsOf = ({ warnings }: Result): readonly string[] => warnings.map(({ id }) => id);

describe('a run over time, from its rows', () => {
  const whole = [CLIFF, ...runLines(NOTE, HEALTHY), ...notrack, END];

  it('has its runs in their order, and nothing to mind', () => {
    const result = resultFrom(whole);
    expect(result).toMatchObject({ kind: 'cliff', command: 'test', reruns: 0, warnings: [] });
    expect('runs' in result && result.runs.map(({ name, goodput }) => [name, goodput])).toEqual([
      ['stateful', [100, 100, 100, 100]],
      ['notrack', [100, 100, 100, 100]],
    ]);
  });

  it('keeps the slices of 100 ms, which no report reads yet', () => {
    expect(whole.filter(({ line }) => line === 'slice')).toHaveLength(8);
  });

  it('says so when it was killed in the middle of a run, and tells the seconds there are', () => {
    const half = notrack.findLastIndex(({ line }) => line === 'second');
    const result = resultFrom([CLIFF, ...runLines(NOTE, HEALTHY), ...notrack.slice(0, half)]);
    expect(result.warnings[0]).toMatchObject({
      id: 'cut-short',
      message:
        'This run was cut short: what is told here is from 2 of 2 runs, the last one (notrack) for 3 of 4 s.',
    });
    expect('runs' in result && result.runs.map(({ goodput }) => goodput.length)).toEqual([4, 3]);
  });

  it('leaves out a run that had only begun', () => {
    const result = resultFrom([CLIFF, ...runLines(NOTE, HEALTHY), ...notrack.slice(0, 3)]);
    expect('runs' in result && result.runs).toHaveLength(1);
    expect(idsOf(result)).toEqual(['cut-short']);
  });

  it('has no result when nothing was measured', () => {
    expect(() => resultFrom([CLIFF, ...notrack.slice(0, 3)])).toThrow('before anything was measured');
  });

  it('takes the last attempt of a run that a gate refused, and counts the others', () => {
    const heldUp = { ...HEALTHY, report: { stalledMs: 3000 } };
    const again = runLines({ ...NOTE, attempt: 1 }, { goodput: [90, 90, 90, 90] });
    const result = resultFrom([CLIFF, ...runLines(NOTE, heldUp), ...again, ...notrack, END]);
    expect(result).toMatchObject({ reruns: 1, warnings: [] });
    expect('runs' in result && result.runs.map(({ goodput }) => goodput[0])).toEqual([90, 100]);
  });

  it('warns of the gate that its last attempt did not pass either, and names it in the run', () => {
    const heldUp = { ...HEALTHY, report: { stalledMs: 3000 } };
    const again = runLines({ ...NOTE, attempt: 1 }, heldUp);
    const result = resultFrom([CLIFF, ...runLines(NOTE, heldUp), ...again, ...notrack, END]);
    expect(idsOf(result)).toEqual(['generator-held-up']);
    expect('runs' in result && result.runs.map(({ gates }) => gates)).toEqual([['generator-held-up'], []]);
  });

  it('warns of a generator that was the limit, and not of one beside a full server', () => {
    const busy = { ...HEALTHY, report: { cpuMicros: 3_900_000 } };
    const result = resultFrom([CLIFF, ...runLines(NOTE, busy), ...notrack, END]);
    expect(idsOf(result)).toEqual(['generator-busy']);
    const full = runLines(NOTE, busy).map((line) =>
      line.line === 'sample' ? { ...line, core: { ...line.core, idleMicros: 0 } } : line,
    );
    expect(idsOf(resultFrom([CLIFF, ...full, ...notrack, END]))).toEqual([]);
  });

  it('has the warnings of the place before its own, each once', () => {
    const place: Line = { line: 'warning', warning: { id: 'no-root', message: 'm', advice: 'a' } };
    const result = resultFrom([place, place, ...whole]);
    expect(idsOf(result)).toEqual(['no-root']);
  });
});

describe('a load test, from its rows', () => {
  const LOAD: Line = describing({ kind: 'load', url: 'http://x/' });

  it('is told of a killed run from its seconds, its errors too', () => {
    const lines = runLines({ ...NOTE, name: 'http://x/' }, { ...HEALTHY, failing: { ports: 60 } });
    const result = resultFrom([LOAD, ...lines.slice(0, -1)]);
    expect('runs' in result && result.runs[0]?.verdict?.cause).toBe('generator-out-of-ports');
    expect('runs' in result && result.runs[0]?.errors).toEqual({ ports: 240 });
  });

  it('has the phases of every second, and those of the whole run that happened', () => {
    const errors = { ...noErrors(), refused: 13, tls: 3 };
    const failing = runLines(NOTE, {
      goodput: [100, 90],
      failing: { refused: 3, tls: 1 },
      report: { errors },
    });
    const result = resultFrom([LOAD, ...failing, END]);
    if (!('runs' in result)) throw new Error('expected runs');
    // Ten were still under way when the time was up, and were refused after it.
    expect(result.runs[0]?.errors).toEqual({ refused: 13, tls: 3 });
    expect(result.runs[0]?.seconds.map(({ errors: all, phases }) => [all, phases])).toEqual([
      [4, { refused: 3, tls: 1 }],
      [4, { refused: 3, tls: 1 }],
    ]);
  });

  it('is never counted as repeated: the gates only warn', () => {
    const heldUp = runLines({ ...NOTE, name: 'http://x/' }, { ...HEALTHY, report: { stalledMs: 3000 } });
    expect(resultFrom([LOAD, ...heldUp, END])).toMatchObject({
      reruns: 0,
      warnings: [{ id: 'generator-held-up' }],
    });
  });
});

describe('the knee, from its steps', () => {
  const KNEE: Line = describing({ kind: 'knee', url: 'http://x/' });
  const latency = { p50Ms: 1, p90Ms: 1, p99Ms: 2, p999Ms: 2, maxMs: 2, meanMs: 1, distribution: [] };
  const step = (rate: number, served: boolean, attempt = 0): readonly Line[] =>
    runLines(
      { ...NOTE, name: `${rate}/s`, attempt },
      { goodput: [rate], rate, report: { latency, offered: served ? rate : 2 * rate } },
    );

  it('is the highest rate that was served; the first step, without a rate, only told where to begin', () => {
    const first = runLines({ ...NOTE, name: 'as fast as it goes' }, { goodput: [900] });
    const lines = [KNEE, ...first, ...step(200, true), ...step(400, false), ...step(300, true), END];
    expect(resultFrom(lines)).toMatchObject({ knee: { rate: 300 }, reruns: 0 });
  });

  it('forgets the attempt of a step that was measured again', () => {
    const lines = [KNEE, ...step(200, true), ...step(400, false), ...step(400, true, 1), END];
    expect(resultFrom(lines)).toMatchObject({
      knee: { rate: 400, limiter: 'nothing that was tried' },
      reruns: 1,
    });
  });
});

describe('windows measured side by side, from their rows', () => {
  const row = (change: Partial<Row>): Line => ({
    line: 'window',
    experiment: 'breakdown',
    group: 'g',
    key: 'app [keepalive]',
    cell: 'app',
    block: 0,
    position: 0,
    attempt: 0,
    startedAt: '',
    connectionMode: 'keepalive',
    connections: 1,
    rate: 100,
    durationMs: 1000,
    slices: 20,
    leftOut: 0,
    attempts: 100,
    good: 100,
    errors: 0,
    offered: 100,
    blocked: 0,
    p50Ms: 1,
    p99Ms: 2,
    cpu: {
      elapsedMicros: 1e6,
      busyMicros: 1000,
      foreignMicros: 0,
      stealMicros: 0,
      lateMicros: 0,
      generatorMicros: 0,
      processMicros: {},
    },
    cpuMicrosPerRequest: 10,
    gates: [],
    ...change,
  });
  const window = (cell: string, block: number, cost: number, change: Partial<Row> = {}): Line =>
    row({ cell, key: `${cell} [keepalive]`, block, cpuMicrosPerRequest: cost, ...change });
  const step = (layer: string, from: string, to: string) => ({ layer, mode: 'keepalive', from, to });
  const PLAN = describing({
    kind: 'breakdown',
    groups: ['g', 'later'],
    noise: step('A/A', 'app', 'again'),
    layers: [
      { group: 'g', ...step('tls', 'app', 'tls') },
      { group: 'later', ...step('firewall', 'bare', 'filtered') },
    ],
    factors: [],
  });
  const blocks = [0, 1, 2, 3].flatMap((block) => [
    window('app', block, 10 + block / 100),
    window('again', block, 10.02 - block / 100),
    window('tls', block, 30 + block / 50),
  ]);

  it('a window that was measured again counts once, with its last cost', () => {
    const refused = window('tls', 0, 900, { gates: ['steal'] });
    const again = window('tls', 0, 30, { attempt: 1 });
    const rest = blocks.filter((line) => line !== blocks[2]);
    const result = resultFrom([PLAN, refused, again, ...rest, END]);
    expect(result).toMatchObject({ kind: 'breakdown', reruns: 1 });
    expect('rungs' in result && result.layers[0]?.cpuMicrosPerRequest.estimate).toBeCloseTo(20, 1);
  });

  it('a ladder that was cut short tells the layers that it came to', () => {
    const result = resultFrom([PLAN, ...blocks]);
    expect('rungs' in result && result.layers.map(({ layer }) => layer)).toEqual(['tls']);
    expect(idsOf(result)).toEqual(['cut-short', 'ladder-order']);
    expect(result.warnings[0]?.message).toContain('12 windows, 1 of 2 layers');
  });

  it('a whole one warns of the layer that it could not tell', () => {
    expect(idsOf(resultFrom([PLAN, ...blocks, END]))).toEqual(['not-distinguishable', 'ladder-order']);
  });

  it('nothing is told without a noise floor', () => {
    expect(() => resultFrom([PLAN, ...blocks.slice(0, 3)])).toThrow('nothing can be measured here now');
  });
});
