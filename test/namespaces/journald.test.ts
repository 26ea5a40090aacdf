// The command with a real journald as systemd would give it: as the destination, and as stdout and stderr themselves.
import { describe, expect, it } from 'vitest';
import { missingForJournald, startJournald, type Journal } from '../../packages/log/test/support/journald.ts';
import { get } from '../support/client.ts';
import { PATIENCE_MS, serve, site, type Running, type StartOptions } from '../support/tollgate.ts';

/** In a mount namespace where that journald is the machine's. */
function under(journal: Journal, ...before: readonly string[]): Required<Pick<StartOptions, 'wrap'>> {
  const script = 'mkdir -p /run/systemd/journal && mount --bind "$0" /run/systemd/journal && exec "$@"';
  return { wrap: (command) => ['unshare', '-m', 'sh', '-c', script, journal.runtime, ...before, ...command] };
}

async function paths(journal: Journal): Promise<string[]> {
  return journal
    .entries()
    .map((entry) => entry['MESSAGE'] ?? '')
    .filter((message) => message.includes('"path"'))
    .map((message) => JSON.parse(message).path);
}

async function visited(running: Running): Promise<void> {
  for (const path of ['/', '/?second']) await get(running.httpsPort, path);
}

describe.skipIf(missingForJournald !== undefined && process.env['CI'] !== 'true')(
  `journald${missingForJournald === undefined ? '' : ` (${missingForJournald})`}`,
  () => {
    it('as the destination of the request log: one entry a request; stdout stays empty', async () => {
      const journal = await startJournald();
      const running = await serve(site(), { ...under(journal), args: ['--request-log-to', 'journald'] });
      await visited(running);
      await expect
        .poll(() => paths(journal), { timeout: PATIENCE_MS, interval: 300 })
        .toEqual(['/', '/?second']);
      expect(running.stdout()).toBe('');
    });

    it.each([
      ['a unit of systemd', ['sh', '-c', 'JOURNAL_STREAM=$(stat -Lc %d:%i /proc/$$/fd/1) exec "$0" "$@"']],
      ['systemd-cat', []],
    ])('as stdout and stderr of %s: both logs arrive, whole', async (_who, wrapper) => {
      const journal = await startJournald();
      const directory = site();
      const started = serve(directory, under(journal, 'systemd-cat', '-t', 'tollgate', ...wrapper));
      started.catch(() => {
        // Its greeting goes to the journal, so waiting for it on stderr ends in vain.
      });
      await expect
        .poll(() => journal.entries().map((entry) => entry['MESSAGE']), {
          timeout: PATIENCE_MS,
          interval: 300,
        })
        .toContainEqual(expect.stringContaining('request log: on, json, to stdout'));
      const port = journal
        .entries()
        .map((entry) => /https:\/\/127\.0\.0\.1:(\d+)/.exec(entry['MESSAGE'] ?? '')?.[1])
        .find((found) => found !== undefined);
      await get(Number(port), '/through-the-journal');
      await expect
        .poll(() => paths(journal), { timeout: PATIENCE_MS, interval: 300 })
        .toEqual(['/through-the-journal']);
    });
  },
);
