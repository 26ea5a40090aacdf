// What a certificate authority asks of the front, while the site goes on for everybody else.
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AcmeChallenge, SiteConfig } from '@tollgate/core';
import { respond, route, startFront, temporaryDirectory, upstream } from '../support/front.ts';

async function pem(name: string, names: readonly string[] = [name]): Promise<{ cert: string; key: string }> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: names.map((value) => ({ type: 2 as const, value })) }],
  });
  return { cert: made.cert, key: made.private };
}

async function alpnChallenge(host: string): Promise<AcmeChallenge> {
  const { cert, key } = await pem(`challenge of ${host}`);
  return { kind: 'tls-alpn-01', host, certificate: cert, key };
}

async function handshake(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'secureConnect');
  return socket;
}

const commonName = (socket: TLSSocket): unknown => socket.getPeerCertificate().subject.CN;

const http: AcmeChallenge = {
  kind: 'http-01',
  host: 'a.test',
  token: 'tok_en-1',
  keyAuthorization: 'tok_en-1.print',
};
const PATH = '/.well-known/acme-challenge/tok_en-1';

describe.each([
  ['full', 'http-proxy' as const],
  ['wire', 'wire' as const],
])('http-01 in the %s lane', (_, engine) => {
  const sites = (): readonly SiteConfig[] => [
    {
      hosts: ['a.test', 'b.test'],
      tls: { kind: 'self-signed' },
      routes: [route('/', upstream(['http://127.0.0.1:1'], { engine }))],
    },
  ];
  const raw = async (port: number, host: string, path = PATH): Promise<string> => {
    const socket = connectTcp(port, '127.0.0.1');
    socket.end(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };

  it('is answered on the plain listener before the redirect, for its host and path alone', async () => {
    const { front, httpPort } = await startFront({ sites: sites() });
    await front.setChallenges([http]);
    const answer = await raw(httpPort, 'a.test');
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toMatch(/\r\n\r\ntok_en-1\.print$/);
    expect(await raw(httpPort, 'b.test')).toMatch(/^HTTP\/1.1 308 /);
    expect(await raw(httpPort, 'a.test', `${PATH}2`)).toMatch(/^HTTP\/1.1 308 /);
  });

  it('is answered over a reload, and no longer when it is over', async () => {
    const { front, httpPort, config } = await startFront({ sites: sites() });
    await front.setChallenges([http]);
    await front.reload(config);
    expect(await raw(httpPort, 'a.test')).toMatch(/^HTTP\/1.1 200 /);
    await front.setChallenges([]);
    expect(await raw(httpPort, 'a.test')).toMatch(/^HTTP\/1.1 308 /);
  });
});

describe('tls-alpn-01', () => {
  const acme = { ALPNProtocols: ['acme-tls/1'] };

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'gets the certificate of the question over %s, and everybody else that of the site',
    async (version) => {
      const { front, httpsPort } = await startFront();
      await front.setChallenges([await alpnChallenge('a.test'), await alpnChallenge('b.test')]);
      const of = (servername: string, more: ConnectionOptions): Promise<TLSSocket> =>
        handshake(httpsPort, { servername, minVersion: version, maxVersion: version, ...more });
      const asked = await of('b.test', acme);
      expect([asked.alpnProtocol, commonName(asked)]).toEqual(['acme-tls/1', 'challenge of b.test']);
      await once(asked, 'close');
      const h2 = await of('b.test', { ALPNProtocols: ['h2', 'http/1.1'] });
      expect([h2.alpnProtocol, commonName(h2)]).toEqual(['h2', 'localhost']);
      const both = await of('a.test', { ALPNProtocols: ['acme-tls/1', 'http/1.1'] });
      expect([both.alpnProtocol, commonName(both)]).toEqual(['http/1.1', 'localhost']);
      const none = await of('a.test', {});
      expect([none.alpnProtocol, commonName(none)]).toEqual([false, 'localhost']);
    },
  );

  it.each([
    ['for a host that nobody asks about', 'other.test', true],
    ['when it is over', 'a.test', false],
  ])('is refused %s', async (_, servername, open) => {
    const { front, httpsPort } = await startFront();
    await front.setChallenges([await alpnChallenge('a.test')]);
    if (!open) await front.setChallenges([]);
    await expect(handshake(httpsPort, { servername, ...acme })).rejects.toThrow('no application protocol');
  });
});

describe('a site with an ordered certificate', () => {
  const site = (file: string, names: readonly string[]): SiteConfig => ({
    hosts: names,
    tls: { kind: 'acme', names, file },
    routes: [route('/', respond('here\n'))],
  });
  const served = async (port: number, servername: string): Promise<string> => {
    const socket = await handshake(port, { servername });
    return new X509Certificate(socket.getPeerCertificate().raw).subjectAltName ?? '';
  };
  const kept = async (file: string, names: readonly string[]): Promise<void> => {
    const { cert, key } = await pem(names[0] ?? '', names);
    writeFileSync(file, key + cert);
  };

  it('is served with a self-signed one until the first is there', async () => {
    const file = join(temporaryDirectory(), 'a.pem');
    const { front, config, httpsPort } = await startFront({ sites: [site(file, ['a.test'])] });
    expect(await served(httpsPort, 'a.test')).toContain('localhost');
    await kept(file, ['a.test']);
    await front.reload(config);
    expect(await served(httpsPort, 'a.test')).toBe('DNS:a.test');
  });

  it('is served with the one that covers most while hosts were added', async () => {
    const directory = temporaryDirectory();
    await kept(join(directory, 'one.pem'), ['a.test']);
    await kept(join(directory, 'two.pem'), ['a.test', 'b.test']);
    await kept(join(directory, 'other.pem'), ['x.test', 'y.test', 'z.test']);
    writeFileSync(join(directory, 'account.key.pem'), (await pem('x')).key);
    const { httpsPort } = await startFront({
      sites: [site(join(directory, 'new.pem'), ['a.test', 'b.test', 'c.test'])],
    });
    expect(await served(httpsPort, 'c.test')).toBe('DNS:a.test, DNS:b.test');
  });

  it('is served although what is kept is broken', async () => {
    const directory = temporaryDirectory();
    const file = join(directory, 'a.pem');
    mkdirSync(join(directory, 'odd.pem'));
    writeFileSync(file, 'half');
    const { httpsPort } = await startFront({ sites: [site(file, ['a.test'])] });
    expect(await served(httpsPort, 'a.test')).toContain('localhost');
  });
});
