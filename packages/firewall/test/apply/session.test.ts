import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findSshSession, keepsSession } from '../../src/index.ts';
import { sitePolicy } from '../support/policies.ts';

const CONNECTION = '192.0.2.7 51000 198.51.100.1 22';

describe('the ssh session an apply is typed in', () => {
  it('is known from its environment', () => {
    expect(findSshSession({ SSH_CONNECTION: CONNECTION })).toEqual({
      clientAddress: '192.0.2.7',
      serverPort: 22,
    });
  });

  it('is known through a dual socket and a link-local address', () => {
    expect(
      findSshSession({ SSH_CONNECTION: '::ffff:192.0.2.7 1 ::ffff:198.51.100.1 22' })?.clientAddress,
    ).toBe('192.0.2.7');
    expect(findSshSession({ SSH_CONNECTION: 'fe80::1%eth0 1 fe80::2 22' })?.clientAddress).toBe('fe80::1');
  });

  it('is found in a parent when sudo has cleared the environment', () => {
    const proc = mkdtempSync(join(tmpdir(), 'tollgate-proc-'));
    onTestFinished(() => rmSync(proc, { recursive: true }));
    const write = (pid: number, name: string, text: string): void => {
      mkdirSync(join(proc, String(pid)), { recursive: true });
      writeFileSync(join(proc, String(pid), name), text);
    };
    write(process.ppid, 'environ', 'HOME=/root\0');
    write(process.ppid, 'status', 'Name:\tsudo\nPPid:\t4711\n');
    write(4711, 'environ', `HOME=/home/me\0SSH_CONNECTION=${CONNECTION}\0TERM=x\0`);
    expect(findSshSession({}, proc)).toEqual({ clientAddress: '192.0.2.7', serverPort: 22 });
    expect(findSshSession({}, join(proc, 'nowhere'))).toBeUndefined();
  });

  it.each([
    ['from a listed range', '192.0.2.7', 22, true],
    ['from a listed IPv6 range', '2001:db8::5', 22, true],
    ['from elsewhere', '203.0.113.5', 22, false],
    ['by a port that is not opened', '192.0.2.7', 2222, false],
    ['by an extra port from its source', '10.0.0.7', 5432, true],
    ['by an extra port from another source', '10.0.0.8', 5432, false],
    ['by a web port', '203.0.113.5', 443, true],
  ])('%s: kept or cut', (_, clientAddress, serverPort, kept) => {
    expect(keepsSession(sitePolicy('web-untracked'), { clientAddress, serverPort })).toBe(kept);
  });
});
