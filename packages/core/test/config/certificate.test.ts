import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import { directoryWith, problemsOf, warningsOf } from './support.ts';

const text = `sites:
  - hosts: [example.com, '*.example.com']
    tls: { certificate: cert.pem, key: key.pem }
    routes: [{ path: /, respond: {} }]`;

const HOSTS = ['example.com', '*.example.com'];

/** A directory with this pair, the key readable by its owner only. */
function directoryOf(pair: { readonly certificate: string; readonly key: string }): string {
  const directory = directoryWith({ 'cert.pem': pair.certificate, 'key.pem': pair.key });
  chmodSync(join(directory, 'key.pem'), 0o600);
  return directory;
}

describe('a certificate', () => {
  it('that fits is taken without a word', async () => {
    const directory = directoryOf(await makeCertificate({ hosts: HOSTS }));
    expect(warningsOf(text, directory)).toEqual([]);
  });

  it('that is missing, with its key', () => {
    expect(problemsOf(text, { directory: directoryWith() })).toEqual([
      't.yaml:3:25: sites[0].tls.certificate: expected a readable file, got "cert.pem" (there is no ./cert.pem)',
      't.yaml:3:40: sites[0].tls.key: expected a readable file, got "key.pem" (there is no ./key.pem)',
    ]);
  });

  it('whose key is of another', async () => {
    const { certificate } = await makeCertificate({ hosts: HOSTS });
    const { key } = await makeCertificate({ hosts: HOSTS });
    expect(problemsOf(text, { directory: directoryOf({ certificate, key }) })).toEqual([
      't.yaml:3:40: sites[0].tls.key: expected the key of "cert.pem", got "key.pem" (the key of another certificate)',
    ]);
  });

  it('that is none, with a key that has a passphrase', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' });
    expect(problemsOf(text, { directory: directoryOf({ certificate: 'hello', key }) })).toEqual([
      't.yaml:3:25: sites[0].tls.certificate: expected a PEM certificate, got "cert.pem" (there is no certificate in it)',
      't.yaml:3:40: sites[0].tls.key: expected a PEM private key, got "key.pem" (it has a passphrase; remove it)',
    ]);
  });

  it('given as its own key', async () => {
    const { certificate } = await makeCertificate({ hosts: HOSTS });
    expect(problemsOf(text, { directory: directoryOf({ certificate, key: certificate }) })).toEqual([
      't.yaml:3:40: sites[0].tls.key: expected a PEM private key, got "key.pem" (there is no private key in it)',
    ]);
  });

  it('out of its time is warned of, not refused', async () => {
    const day = (text: string): Date => new Date(`${text}T12:00:00Z`);
    const soon = new Date(Date.now() + 3 * 86_400_000);
    const expired = await makeCertificate({
      hosts: HOSTS,
      from: day('2020-01-01'),
      until: day('2020-02-01'),
    });
    const early = await makeCertificate({ hosts: HOSTS, from: day('2090-01-01'), until: day('2090-02-01') });
    const ending = await makeCertificate({ hosts: HOSTS, until: soon });
    const place = 't.yaml:3:25: sites[0].tls.certificate: expected a';
    expect(warningsOf(text, directoryOf(expired))).toEqual([
      `${place} valid certificate, got "cert.pem" (expired on 2020-02-01)`,
    ]);
    expect(warningsOf(text, directoryOf(early))).toEqual([
      `${place} valid certificate, got "cert.pem" (begins on 2090-01-01)`,
    ]);
    expect(warningsOf(text, directoryOf(ending))).toEqual([
      `${place} certificate to last, got "cert.pem" (ends on ${soon.toISOString().slice(0, 10)})`,
    ]);
  });

  it('for other hosts is warned of', async () => {
    const directory = directoryOf(await makeCertificate({ hosts: ['example.com', 'www.example.com'] }));
    expect(warningsOf(text, directory)).toEqual([
      't.yaml:3:25: sites[0].tls.certificate: expected a certificate for *.example.com, got "cert.pem" (it names DNS:example.com, DNS:www.example.com)',
    ]);
  });

  it('whose key anybody may read is warned of', async () => {
    const directory = directoryOf(await makeCertificate({ hosts: HOSTS }));
    chmodSync(join(directory, 'key.pem'), 0o644);
    expect(warningsOf(text, directory)).toEqual([
      't.yaml:3:40: sites[0].tls.key: expected a key that only its owner reads, got "key.pem" with mode 644',
    ]);
  });

  it('whose key this user may not read says who may not and what to do', async () => {
    const directory = directoryOf(await makeCertificate({ hosts: HOSTS }));
    chmodSync(directory, 0o755);
    chmodSync(join(directory, 'key.pem'), 0o000);
    const uid = becomeNobody();
    expect(() => readFileSync(join(directory, 'key.pem'))).toThrow(/EACCES/);
    expect(problemsOf(text, { directory })).toEqual([
      `t.yaml:3:40: sites[0].tls.key: expected a readable file, got "key.pem" (uid ${uid} may not read ./key.pem; use chown or chmod)`,
    ]);
  });
});

/** Root reads everything: under root the test goes on as nobody; the uid in force. */
function becomeNobody(): number {
  if (process.geteuid?.() !== 0) return process.geteuid?.() ?? -1;
  process.seteuid?.(65_534);
  onTestFinished(() => process.seteuid?.(0));
  return 65_534;
}
