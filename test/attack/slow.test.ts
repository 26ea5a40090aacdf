// Slow headers, slow bodies and slow readers, by the program that finds servers which fall to them. ATTACK_CONNECTIONS of
// each kind.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { besieged, expectCounted, growthUnder } from './siege.ts';

const PROGRAM = '/usr/bin/slowhttptest';
/** On a busy machine the attacker's own first byte may take seconds, and who has sent nothing asks for nothing that is refused. */
const TIMEOUTS = { requestHeader: '5s', bodyIdle: '1s', responseIdle: '1s' };
const CONNECTIONS = Number(process.env['ATTACK_CONNECTIONS'] ?? 100);
/** Of TLS, of streams and of what is on its way, for each connection that is held until its time is over. */
const MOST_MB = 48 + (3 * CONNECTIONS * 256) / 1024;

interface Attack {
  /** What it printed; it ends by itself when all its connections are closed, which nobody renews. */
  readonly report: Promise<string>;
  stop(): void;
}

function slowhttptest(url: string, how: readonly string[]): Attack {
  const count = ['-c', String(CONNECTIONS), '-r', String(CONNECTIONS), '-l', '240'];
  const child = spawn(PROGRAM, [...how, ...count, '-u', url], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { report: text(child.stdout), stop: () => void child.kill('SIGINT') };
}

it.runIf(existsSync(PROGRAM) || process.env['CI'] === 'true')(
  `${CONNECTIONS} slow headers, slow bodies and slow readers of each lane are cut, counted, and disturb nobody`,
  async () => {
    const front = await besieged({ timeouts: TIMEOUTS });
    const url = (path: string): string => `https://127.0.0.1:${front.httpsPort}${path}`;
    const reports: string[] = [];
    const grown = await growthUnder(front, async () => {
      const heads = slowhttptest(url('/'), ['-H', '-i', '1']);
      const bodies = slowhttptest(url('/full/'), ['-B', '-i', '3', '-s', '100000']);
      const readers = slowhttptest(url('/large'), ['-X', '-n', '1', '-z', '5', '-w', '512', '-y', '1024']);
      await expectCounted(front, 'tollgate_drops_total{reason="slow-reader"}', CONNECTIONS);
      // It reads too slowly to see that its connections are closed.
      readers.stop();
      reports.push(...(await Promise.all([heads, bodies, readers].map(({ report }) => report))));
    });
    expect(reports.slice(0, 2).join()).toMatch(/(?:No open connections left[^]*){2}/);
    // All for the time they take, but for heads in which the program, on a busy machine, cuts a field in two: those are malformed.
    await expectCounted(front, 'tollgate_refusals_total{reason="request-timeout"}', CONNECTIONS);
    await expectCounted(front, 'tollgate_refusals_total{', 2 * CONNECTIONS);
    expect(grown).toBeLessThan(MOST_MB);
  },
  300_000,
);
