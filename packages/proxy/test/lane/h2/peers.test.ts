// HTTP/2 clients that others wrote: curl and nghttp2's own tools, against a front with an upstream and an answer of memory.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { respond, route, startFront, temporaryDirectory, upstream } from '../../support/front.ts';
import { httpUpstream } from '../../support/upstream.ts';

const run = promisify(execFile);
const LARGE = Buffer.alloc(3_000_000, 'a large answer. ');
const MOST = { maxBuffer: 16_000_000 };
const HAS_PEERS =
  ['/usr/bin/curl', '/usr/bin/h2load', '/usr/bin/nghttp'].every((path) => existsSync(path)) ||
  process.env['CI'] === 'true';

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe.runIf(HAS_PEERS)('HTTP/2 of other makers', () => {
  let site = '';

  beforeEach(async () => {
    const { url } = await httpUpstream((request, response) => {
      if (request.method === 'GET') response.end(request.url === '/large' ? LARGE : 'small');
      else {
        const hash = createHash('sha256');
        request.on('data', (chunk) => hash.update(chunk));
        request.on('end', () => response.end(hash.digest('hex')));
      }
    });
    const { httpsPort } = await startFront({
      routes: [route('/', upstream([url], { engine: 'wire' })), route('/memory', respond('from memory\n'))],
    });
    site = `https://127.0.0.1:${httpsPort}`;
  });

  it('curl uploads as much as it downloads', async () => {
    const file = join(temporaryDirectory(), 'upload');
    writeFileSync(file, LARGE);
    const options = ['-sSk', '--http2', '--fail'];
    const up = await run('curl', [...options, '-T', file, '-X', 'POST', `${site}/upload`]);
    const down = await run('curl', [...options, `${site}/large`], { ...MOST, encoding: 'buffer' });
    expect([up.stdout, hashOf(down.stdout)]).toEqual([hashOf(LARGE), hashOf(LARGE)]);
  });

  it('nghttp asks for large and small at once, and has all of each', async () => {
    const { stdout } = await run('nghttp', [
      '-ns',
      '-m',
      '5',
      `${site}/large`,
      `${site}/memory`,
      `${site}/a`,
    ]);
    const sizes = stdout
      .split('\n')
      .flatMap((line) => /\s(\d{3})\s+(\S+) \/(\S+)$/.exec(line)?.slice(1) ?? []);
    expect(sizes).toHaveLength(3 * 15);
    expect(sizes.filter((part) => part === '200')).toHaveLength(15);
    expect(sizes.filter((part) => part === '2M')).toHaveLength(5);
  });

  it.each(['/a', '/memory', '/large'])(
    'h2load gets an answer to each of its requests for %s',
    async (path) => {
      const count = path === '/large' ? 40 : 1000;
      const { stdout } = await run('h2load', ['-n', String(count), '-c', '5', '-m', '20', `${site}${path}`]);
      expect(stdout).toContain(`${count} succeeded, 0 failed, 0 errored, 0 timeout`);
      expect(stdout).toContain(`status codes: ${count} 2xx`);
    },
  );
});
