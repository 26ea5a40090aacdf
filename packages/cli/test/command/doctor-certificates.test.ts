import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig, type Config } from '@tollgate/core';
import { generate } from 'selfsigned';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificateChecks } from '../../src/command/doctor/certificates.ts';

const DAY_MS = 86_400_000;

function room(): string {
  const path = mkdtempSync(join(tmpdir(), 'tollgate-doctor-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function pair(days: number): Promise<{ cert: string; private: string }> {
  return generate([{ name: 'commonName', value: 'a.test' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 90 * DAY_MS),
    notAfterDate: new Date(Date.now() + days * DAY_MS + 60_000),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'a.test' }] }],
  });
}

/** One site for a.test with this `tls`. */
function configOf(tls: Config['sites'][number]['tls']): Config {
  const { config } = parseConfig('sites: [{ hosts: a.test, routes: [{ path: /, respond: {} }] }]', {
    file: '/nowhere/t.yaml',
  });
  return { ...config, sites: config.sites.map((site) => ({ ...site, tls })) };
}

describe('a certificate from files', () => {
  it.each([
    [30, 'ok', 'lasts 30 days'],
    [3, 'warn', 'lasts 3 days'],
    [-1, 'fail', 'has expired'],
  ])('with %i days left is %s', async (days, status, meaning) => {
    const directory = room();
    const made = await pair(days);
    const [certificate, key] = [join(directory, 'c.pem'), join(directory, 'k.pem')];
    writeFileSync(certificate, made.cert);
    const checks = await certificateChecks(configOf({ kind: 'files', certificate, key }));
    expect(checks).toMatchObject([
      { id: 'certificate', status, value: days, meaning: expect.stringContaining(meaning) },
    ]);
    expect(checks[0]?.fix === null).toBe(status === 'ok');
  });

  it('that cannot be read is unknown', async () => {
    const tls = { kind: 'files', certificate: '/nowhere/c.pem', key: '/nowhere/k.pem' } as const;
    expect(await certificateChecks(configOf(tls))).toMatchObject([{ status: 'unknown' }]);
  });
});

describe('an ordered certificate', () => {
  const failing = {
    failures: 2,
    cutShort: 0,
    nextTryAt: 0,
    askedToWaitUntil: 0,
    lastTryAt: 0,
    why: 'no route to host',
  };

  it.each([
    ['there', 20, false, 'ok', 'lasts 20 days'],
    [
      'there, but not renewed',
      20,
      true,
      'warn',
      'is not renewed; 2 attempts failed, the last: no route to host',
    ],
    ['expired', -1, true, 'fail', 'has expired; 2 attempts failed'],
    [
      'not there yet',
      undefined,
      false,
      'warn',
      'has no certificate yet and is served with a self-signed one',
    ],
    ['refused', undefined, true, 'warn', 'self-signed one; 2 attempts failed'],
  ])('that is %s is judged so', async (_, days, fails, status, meaning) => {
    const file = join(room(), 'a.pem');
    const made = days === undefined ? undefined : await pair(days);
    if (made !== undefined) writeFileSync(file, made.private + made.cert);
    if (fails) writeFileSync(file.replace('.pem', '.json'), JSON.stringify(failing));
    const checks = await certificateChecks(configOf({ kind: 'acme', names: ['a.test'], file }));
    expect(checks).toMatchObject([{ status, meaning: expect.stringContaining(meaning) }]);
    expect(checks[0]?.fix === null).toBe(status === 'ok');
  });
});

it('a self-signed one is not worth a check', async () => {
  expect(await certificateChecks(configOf({ kind: 'self-signed' }))).toEqual([]);
});
