import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { compileJson } from '../../src/format/json.ts';
import { openJournal } from '../../src/sink/journal.ts';
import { LineWriter } from '../../src/sink/writer.ts';
import { missingForJournald, startJournald } from '../support/journald.ts';
import { recordOf } from '../support/record.ts';

function journalWriter(socket: string, boundBytes: number): LineWriter {
  const writer = new LineWriter(openJournal(socket), {
    delayMs: 20,
    batchBytes: 64 * 1024,
    boundBytes,
    retryMs: 100,
    busyRetryMs: 10,
    onTrouble: () => {},
  });
  onTestFinished(() => writer.close(0));
  return writer;
}

const format = compileJson();
const lineOf = (index: number): string => format(recordOf({ path: `/${index}` }), 1);

describe.skipIf(missingForJournald !== undefined && process.env['CI'] !== 'true')(
  `a real journald${missingForJournald === undefined ? '' : ` (${missingForJournald})`}`,
  () => {
    it('has every line as one entry of its own, under our name', async () => {
      const journal = await startJournald();
      const writer = journalWriter(journal.socket, 4 * 1024 * 1024);
      for (let index = 0; index < 5000; index += 1) writer.append(lineOf(index));
      await writer.flush(5000);
      await vi.waitFor(() => expect(journal.entries()).toHaveLength(5000), {
        timeout: 30_000,
        interval: 500,
      });
      const entries = journal.entries();
      expect(entries.every((entry) => entry['SYSLOG_IDENTIFIER'] === 'tollgate')).toBe(true);
      expect(entries.every((entry) => entry['PRIORITY'] === '6')).toBe(true);
      // journalctl sorts by the machine's clock, which may step: each once, in whatever order.
      const paths = entries.map((entry) => String(JSON.parse(entry['MESSAGE'] ?? '').path));
      expect(new Set(paths)).toEqual(new Set(Array.from({ length: 5000 }, (_, index) => `/${index}`)));
    });

    it('takes what comes later by the same connection: no write fails', async () => {
      const journal = await startJournald();
      const writer = journalWriter(journal.socket, 4 * 1024 * 1024);
      for (let index = 0; index < 3; index += 1) {
        writer.append(lineOf(index));
        await writer.flush(5000);
        await vi.waitFor(() => expect(journal.entries()).toHaveLength(index + 1), { timeout: 30_000 });
      }
      expect(writer.counters).toMatchObject({ written: 3, failedWrites: 0 });
    });

    it('has the longest line a client can cause in one entry', async () => {
      const journal = await startJournald();
      const writer = journalWriter(journal.socket, 4 * 1024 * 1024);
      const worst = '\u{ffff}'.repeat(10_000);
      writer.append(format(recordOf({ path: worst, userAgent: worst, referer: worst, host: worst }), 1));
      await writer.flush(5000);
      await vi.waitFor(() => expect(journal.entries()).toHaveLength(1), { timeout: 30_000, interval: 500 });
      expect(() => JSON.parse(journal.entries()[0]?.['MESSAGE'] ?? '')).not.toThrow();
    });

    it('that hangs costs lines, which are counted, and takes them again when it goes on', async () => {
      const journal = await startJournald();
      const writer = journalWriter(journal.socket, 256 * 1024);
      writer.append(lineOf(0));
      await writer.flush(5000);
      process.kill(journal.pid, 'SIGSTOP');
      for (let index = 1; index <= 5000; index += 1) writer.append(lineOf(index));
      await writer.flush(200);
      const { dropped } = writer.counters;
      expect(dropped).toBeGreaterThan(0);
      process.kill(journal.pid, 'SIGCONT');
      await vi.waitFor(() => expect(writer.counters.written).toBe(5001 - dropped), { timeout: 30_000 });
      await vi.waitFor(() => expect(journal.entries()).toHaveLength(5001 - dropped), {
        timeout: 30_000,
        interval: 500,
      });
    });
  },
);
