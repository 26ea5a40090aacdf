import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRequestLog, type RequestLog, type RequestLogOptions } from '../../src/index.ts';
import { keptEvents, type KeptEvents } from '../support/events.ts';
import { recordOf } from '../support/record.ts';

interface Setup {
  readonly log: RequestLog;
  readonly file: string;
  readonly events: KeptEvents;
  paths(file?: string): string[];
}

function setUp(options: Partial<RequestLogOptions> = {}): Setup {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-request-log-'));
  // Before anything that may throw; what is registered later is undone earlier.
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'access.log');
  const events = keptEvents();
  const log = createRequestLog({
    mode: 'on',
    to: { file },
    format: 'json',
    slowMs: 1000,
    busyDelayMs: 50,
    eventLog: events.log,
    ...options,
  });
  onTestFinished(() => log.close());
  const paths = (from = file): string[] =>
    readFileSync(from, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).path);
  return { log, file, events, paths };
}

describe('modes', () => {
  it('on: every request has its line', async () => {
    const { log, paths } = setUp();
    log.write(recordOf({ path: '/a' }));
    log.write(recordOf({ path: '/b', status: 500 }));
    await log.flush();
    expect(paths()).toEqual(['/a', '/b']);
    expect(log.counters).toEqual({ written: 2, dropped: 0, shed: 0, failedWrites: 0 });
  });

  it('a line is out soon after its request without anyone asking', async () => {
    const { log, paths } = setUp();
    log.write(recordOf({ path: '/a' }));
    await vi.waitFor(() => expect(paths()).toEqual(['/a']));
  });

  it('errors: from 400 up, a client that left (499) too', async () => {
    const { log, paths } = setUp({ mode: 'errors' });
    for (const status of [200, 304, 399, 400, 499, 503]) log.write(recordOf({ path: `/${status}`, status }));
    log.write(recordOf({ path: '/slow', durationMs: 60_000 }));
    await log.flush();
    expect(paths()).toEqual(['/400', '/499', '/503']);
  });

  it('off: says that it is, and does not even create the file', async () => {
    const { log, file } = setUp({ mode: 'off' });
    expect(log.enabled).toBe(false);
    log.write(recordOf());
    await log.flush();
    expect(() => readFileSync(file)).toThrow('ENOENT');
  });

  it('can be changed while it runs', async () => {
    const { log, paths } = setUp({ mode: 'off' });
    log.mode = 'on';
    expect(log.enabled).toBe(true);
    log.write(recordOf({ path: '/a' }));
    log.mode = 'off';
    log.write(recordOf({ path: '/b' }));
    log.mode = 'errors';
    log.write(recordOf({ path: '/c' }));
    log.write(recordOf({ path: '/d', status: 404 }));
    await log.flush();
    expect(paths()).toEqual(['/a', '/d']);
  });

  it('auto: sheds ordinary lines while the loop is late, tells how many each second, keeps errors', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    let delayMs = 0;
    let stopped = 0;
    const startLoopDelay = (): { readMs(): number; stop(): void } => ({
      readMs: () => delayMs,
      stop: () => {
        stopped += 1;
      },
    });
    const { log, file, events } = setUp({ mode: 'auto', startLoopDelay });
    const second = (requests: number): void => {
      for (let index = 0; index < requests; index += 1) log.write(recordOf());
      vi.advanceTimersByTime(1000);
    };
    delayMs = 51;
    second(1000);
    expect(log.counters.shed).toBe(0);
    second(1000);
    log.write(recordOf({ status: 502 }));
    await log.flush();

    const { shed, written } = log.counters;
    expect(shed).toBeGreaterThan(500);
    expect(written + shed).toBe(2001);
    const kept = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(JSON.parse(kept.at(-1) ?? '')).toMatchObject({ status: 502 });
    expect(kept.some((line) => JSON.parse(line).weight > 1)).toBe(true);
    await vi.waitFor(() =>
      expect(events.lines()).toMatchObject([{ level: 'info', msg: 'request log shed', shed, oneIn: 10 }]),
    );
    log.mode = 'on';
    expect(stopped).toBe(1);
  });

  it('auto: what was shed in the last moments is told when it ends', async () => {
    const startLoopDelay = () => ({ readMs: () => 1000, stop: () => {} });
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { log, events } = setUp({ mode: 'auto', startLoopDelay });
    for (let index = 0; index < 1000; index += 1) log.write(recordOf());
    vi.advanceTimersByTime(1000);
    for (let index = 0; index < 1000; index += 1) log.write(recordOf());
    const { shed } = log.counters;
    await log.close();
    await vi.waitFor(() => expect(events.lines()).toMatchObject([{ msg: 'request log shed', shed }]));
  });

  it('auto: a loop that is really blocked is busy, by the real measure', async () => {
    const { log } = setUp({ mode: 'auto', busyDelayMs: 20 });
    const blockFor = (ms: number): void => {
      const until = performance.now() + ms;
      while (performance.now() < until);
    };
    await vi.waitFor(
      () => {
        for (let index = 0; index < 2000; index += 1) log.write(recordOf());
        blockFor(60);
        expect(log.counters.shed).toBeGreaterThan(0);
      },
      { timeout: 20_000, interval: 20 },
    );
  });
});

describe('a reloaded configuration', () => {
  it('moves to another file, and nothing already taken is lost', async () => {
    const { log, file, paths } = setUp();
    const next = `${file}.next`;
    log.write(recordOf({ path: '/old' }));
    log.configure({ mode: 'on', to: { file: next }, format: 'json', slowMs: 1, busyDelayMs: 1 });
    log.write(recordOf({ path: '/new' }));
    await vi.waitFor(() => expect(paths()).toEqual(['/old']));
    await log.flush();
    expect(paths(next)).toEqual(['/new']);
    await vi.waitFor(() => expect(log.counters.written).toBe(2));
  });

  it('changes the format between two lines', async () => {
    const { log, file } = setUp();
    log.write(recordOf());
    log.configure({ mode: 'on', to: { file }, format: 'combined', slowMs: 1000, busyDelayMs: 50 });
    log.write(recordOf());
    await log.flush();
    expect(readFileSync(file, 'utf8')).toMatch(/^\{.*\}\n203\.0\.113\.9 - - \[.*\n$/);
  });

  it('with a file that cannot be opened throws, and changes nothing', async () => {
    const { log, file, paths } = setUp();
    const missing = { file: '/nonexistent/access.log' };
    expect(() =>
      log.configure({ mode: 'off', to: missing, format: 'json', slowMs: 1, busyDelayMs: 1 }),
    ).not.toThrow();
    expect(() =>
      log.configure({ mode: 'on', to: missing, format: 'combined', slowMs: 1, busyDelayMs: 1 }),
    ).toThrow('ENOENT');
    expect(log.mode).toBe('off');
    log.configure({ mode: 'on', to: { file }, format: 'json', slowMs: 1, busyDelayMs: 1 });
    log.write(recordOf({ path: '/a' }));
    await log.flush();
    expect(paths()).toEqual(['/a']);
  });
});

describe('logrotate', () => {
  it('a rename and a reopen lose no line', async () => {
    const { log, file, paths } = setUp();
    for (let index = 0; index < 300; index += 1) {
      log.write(recordOf({ path: `/${index}` }));
      if (index === 100) renameSync(file, `${file}.1`);
      if (index === 200) await log.reopen();
    }
    await log.flush();
    const all = [...paths(`${file}.1`), ...paths()];
    expect(all).toEqual(Array.from({ length: 300 }, (_, index) => `/${index}`));
  });
});

describe('a destination that fails', () => {
  it('/dev/full: the lines are counted as lost, and one event says why', async () => {
    const { log, events } = setUp({ to: { file: '/dev/full' } });
    for (let index = 0; index < 10; index += 1) log.write(recordOf());
    await log.close(50);
    expect(log.counters).toMatchObject({ written: 0, dropped: 10 });
    expect(log.counters.failedWrites).toBeGreaterThan(0);
    await vi.waitFor(() =>
      expect(events.lines()).toMatchObject([
        { level: 'warn', msg: 'request log cannot be written', lost: 10, cause: 'ENOSPC' },
      ]),
    );
  });

  it('a file that cannot be opened is an error at once', () => {
    expect(() => setUp({ to: { file: '/nonexistent/access.log' } })).toThrow(/ENOENT/);
  });
});
