import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type ConnectionOptions, type Server } from 'node:tls';
import { TLS_SETTINGS } from '@tollgate/core';
import { expect, it, onTestFinished } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';

async function startServer(): Promise<Server> {
  const { certificate, key } = await makeCertificate();
  const server = createServer({ ...TLS_SETTINGS, key, cert: certificate });
  server.on('tlsClientError', () => {}); // the refused handshakes of the tests
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function handshake(server: Server, options: ConnectionOptions): Promise<string> {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  return `${socket.getProtocol()} ${socket.getCipher().standardName}`;
}

it('TLS 1.3 with AES-128-GCM is agreed on, also when the client puts AES-256 first', async () => {
  const server = await startServer();
  expect(await handshake(server, {})).toBe('TLSv1.3 TLS_AES_128_GCM_SHA256');
});

it('a client that puts ChaCha20 first gets it', async () => {
  const server = await startServer();
  const ciphers = 'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';
  expect(await handshake(server, { ciphers })).toBe('TLSv1.3 TLS_CHACHA20_POLY1305_SHA256');
});

it('TLS 1.2 has only forward-secret AEAD', async () => {
  const server = await startServer();
  expect(await handshake(server, { maxVersion: 'TLSv1.2' })).toBe(
    'TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  );
  const cbc = handshake(server, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' });
  await expect(cbc).rejects.toThrow(/handshake failure/i);
});

it('TLS 1.1 is refused', async () => {
  const server = await startServer();
  const options = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  await expect(handshake(server, options)).rejects.toThrow(/protocol version|unsupported protocol/i);
});

it.each(['X25519MLKEM768', 'X25519', 'P-256', 'P-384'])('the group %s is accepted', async (ecdhCurve) => {
  const server = await startServer();
  expect(await handshake(server, { ecdhCurve })).toContain('TLSv1.3');
});
