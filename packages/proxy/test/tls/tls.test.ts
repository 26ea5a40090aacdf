// TLS of the front: which certificate, which protocol, resumed or not, and what is kept on disk.
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SiteConfig, TlsSource } from '@tollgate/core';
import { configOf, respond, route, startFront, temporaryDirectory } from '../support/front.ts';

async function pairOf(directory: string, name: string): Promise<TlsSource> {
  const made = await generate([{ name: 'commonName', value: name }], { keyType: 'ec', algorithm: 'sha256' });
  const certificate = join(directory, `${name}.crt`);
  const key = join(directory, `${name}.key`);
  writeFileSync(certificate, made.cert);
  writeFileSync(key, made.private);
  return { kind: 'files', certificate, key };
}

const site = (hosts: readonly string[], tls: TlsSource): SiteConfig => ({
  hosts,
  tls,
  routes: [route('/', respond(`${hosts[0]}\n`))],
});

async function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'secureConnect');
  return socket;
}

const commonName = (socket: TLSSocket): unknown => socket.getPeerCertificate().subject.CN;

describe('TLS', () => {
  it('chooses the certificate by server name: exact, then wildcard, then the default site', async () => {
    const directory = temporaryDirectory();
    const { httpsPort } = await startFront({
      sites: [
        site(['one.test'], await pairOf(directory, 'one')),
        site(['*.test'], await pairOf(directory, 'wild')),
        site(['*'], await pairOf(directory, 'default')),
      ],
    });
    const named = async (servername: string): Promise<unknown> =>
      commonName(await handshake(httpsPort, { servername }));
    expect(await named('one.test')).toBe('one');
    expect(await named('ONE.test')).toBe('one');
    expect(await named('two.test')).toBe('wild');
    expect(await named('a.b.test')).toBe('wild');
    expect(await named('other.example')).toBe('default');
    expect(commonName(await handshake(httpsPort))).toBe('default');
  });

  it('takes changed certificates site by site: one that went bad keeps what it has, and holds back no other', async () => {
    const directory = temporaryDirectory();
    const { front, httpsPort } = await startFront({
      sites: [
        site(['one.test'], await pairOf(directory, 'one')),
        site(['two.test'], await pairOf(directory, 'two')),
      ],
    });
    const shown = async (servername: string): Promise<string> =>
      (await handshake(httpsPort, { servername })).getPeerCertificate().serialNumber;
    const before = { one: await shown('one.test'), two: await shown('two.test') };
    rmSync(join(directory, 'one.key'));
    await pairOf(directory, 'two');
    expect(await front.loadCertificates()).toEqual([
      expect.stringMatching(/^site one\.test: tls\.key: cannot read .*one\.key/),
    ]);
    expect(await shown('one.test')).toBe(before.one);
    expect(await shown('two.test')).not.toBe(before.two);
    await pairOf(directory, 'one');
    expect(await front.loadCertificates()).toEqual([]);
    expect(await shown('one.test')).not.toBe(before.one);
  });

  it.each(['__proto__', 'constructor', 'x'.repeat(200), '\u0001', '..', '*'])(
    'survives the server name %j (CVE-2026-21637)',
    async (servername) => {
      const { httpsPort, front } = await startFront();
      const socket = await handshake(httpsPort, { servername }).catch(() => undefined);
      socket?.destroy();
      await handshake(httpsPort, { servername: 'a.test' });
      expect(front.status().state).toBe('serving');
    },
  );

  it('speaks h2 and http/1.1, and TLS 1.2 only with forward secrecy', async () => {
    const { httpsPort } = await startFront();
    const alpn = async (ALPNProtocols?: string[]): Promise<unknown> =>
      (await handshake(httpsPort, ALPNProtocols === undefined ? {} : { ALPNProtocols })).alpnProtocol;
    expect(await alpn(['h2', 'http/1.1'])).toBe('h2');
    expect(await alpn(['http/1.1'])).toBe('http/1.1');
    expect(await alpn()).toBe(false);
    await expect(alpn(['imap'])).rejects.toThrow();
    expect((await handshake(httpsPort, { maxVersion: 'TLSv1.2' })).getCipher().name).toMatch(
      /^ECDHE-.*GCM|CHACHA/,
    );
    await expect(
      handshake(httpsPort, { maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' }),
    ).rejects.toThrow();
    await expect(handshake(httpsPort, { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' })).rejects.toThrow();
  });

  it('takes over a changed certificate at a reload; open connections stay', async () => {
    const directory = temporaryDirectory();
    const before = await pairOf(directory, 'before');
    const running = await startFront({ sites: [site(['*'], before)] });
    const old = await handshake(running.httpsPort, { ALPNProtocols: ['http/1.1'] });
    await running.front.reload({
      ...running.config,
      sites: [site(['*'], await pairOf(directory, 'after'))],
    });
    expect(commonName(await handshake(running.httpsPort))).toBe('after');
    old.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const [chunk] = await once(old, 'data');
    expect(String(chunk)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("keeps what runs, and says what is wrong, when a reload cannot read a key or the key is another's", async () => {
    const directory = temporaryDirectory();
    const one = await pairOf(directory, 'one');
    const two = await pairOf(directory, 'two');
    const running = await startFront({ sites: [site(['*'], one)] });
    if (one.kind !== 'files' || two.kind !== 'files') throw new Error('expected files');
    const reload = (tls: TlsSource): Promise<void> =>
      running.front.reload({ ...running.config, sites: [site(['a.test'], tls)] });
    await expect(reload({ ...one, key: join(directory, 'none') })).rejects.toThrow(
      /site a\.test: tls\.key: cannot read .*none; check the path/,
    );
    await expect(reload({ ...one, key: two.key })).rejects.toThrow(/is not that of the certificate/);
    await expect(reload({ ...one, certificate: one.key })).rejects.toThrow(/expected a PEM certificate/);
    expect(commonName(await handshake(running.httpsPort))).toBe('one');
    expect(running.front.status().generation).toBe(1);
  });

  it('resumes sessions on another front with the same ticket keys, and not after the keys have changed', async () => {
    const ticketKeys = Buffer.alloc(48, 7);
    const one = await startFront({ ticketKeys });
    const two = await startFront({ ticketKeys });
    const socket = connect({
      port: one.httpsPort,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      servername: 'a.test',
    });
    onTestFinished(() => {
      socket.destroy();
    });
    const [session]: Buffer[] = await once(socket, 'session');
    if (session === undefined) throw new Error('expected a session');
    const resumed = async (port: number): Promise<boolean> =>
      (await handshake(port, { session, servername: 'a.test' })).isSessionReused();
    expect(await resumed(one.httpsPort)).toBe(true);
    expect(await resumed(two.httpsPort)).toBe(true);
    await one.front.reload(one.config);
    expect(await resumed(one.httpsPort)).toBe(true);
    two.front.setTicketKeys(Buffer.alloc(48, 8));
    expect(await resumed(two.httpsPort)).toBe(false);
    await two.front.reload(two.config);
    expect(await resumed(two.httpsPort)).toBe(false);
  });

  it('closes a connection whose handshake does not end in time', async () => {
    const { httpsPort, front } = await startFront({ timeouts: { tlsHandshakeMs: 100 } });
    const socket = connectTcp(httpsPort, '127.0.0.1');
    await once(socket, 'close');
    await expect.poll(() => front.status()).toMatchObject({ tlsFailures: 1, connections: 0 });
  });

  it('lets go at once of a client that leaves in the middle of its handshake', async () => {
    const { httpsPort, front } = await startFront();
    const socket = connectTcp({ port: httpsPort, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    socket.end(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]));
    await once(socket.resume(), 'close');
    await expect.poll(() => front.status()).toMatchObject({ tlsFailures: 1, connections: 0 });
  });

  it('makes a self-signed certificate once: right names, key for the owner only, the same after a restart', async () => {
    const state = join(temporaryDirectory(), 'state');
    const sites = [site(['example.test', '*.example.test'], { kind: 'self-signed' })];
    const fingerprint = async (): Promise<string> => {
      const { httpsPort } = await startFront({ sites }, configOf({ sites }, state));
      return (await handshake(httpsPort, { servername: 'example.test' })).getPeerCertificate().fingerprint256;
    };
    const first = await fingerprint();
    expect(await fingerprint()).toBe(first);
    const names = readdirSync(state).toSorted();
    expect(names).toHaveLength(2);
    const [certificate = '', key = ''] = names;
    expect(statSync(join(state, key)).mode & 0o777).toBe(0o600);
    const parsed = new X509Certificate(readFileSync(join(state, certificate)));
    for (const name of ['example.test', 'www.example.test', 'localhost'])
      expect(parsed.checkHost(name)).toBeTruthy();
    for (const address of ['127.0.0.1', '::1']) expect(parsed.checkIP(address)).toBeTruthy();
    expect(parsed.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  });
});
