import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runningSite } from '../running-site.ts';

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

describe('the site alone', () => {
  it('takes the place of a socket that a killed process left', async () => {
    const path = join(scratch(), 'app.sock');
    const dead = createServer();
    await new Promise<void>((resolve) => dead.listen(path, resolve));
    // Its file stays when the process dies without closing it.
    onTestFinished(() => void dead.close());
    await runningSite({ listening: { kind: 'unix', path } });
    expect(existsSync(path)).toBe(true);
  });

  it('does not remove a file that is no socket', async () => {
    const path = join(scratch(), 'precious');
    writeFileSync(path, 'data');
    await expect(runningSite({ listening: { kind: 'unix', path } })).rejects.toThrow('EADDRINUSE');
    expect(existsSync(path)).toBe(true);
  });

  it.each([false, true])('closes though a refused body is still coming in (TLS: %s)', async (tls) => {
    const site = await runningSite({ tls });
    const { hostname: host, port } = new URL(site.url);
    const options = { host, port: Number(port), rejectUnauthorized: false };
    const client = tls ? connectTls(options) : connect(options);
    onTestFinished(() => void client.destroy());
    client.write('POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345');
    await once(client, 'data');
    const closed = site.close();
    client.write('67890');
    await closed;
  });

  it('closes twice without complaint', async () => {
    const site = await runningSite();
    await site.close();
    await site.close();
  });
});
