// A short LoadSpec against a port of this machine; a test says only what differs.
import type { LoadSpec } from '../../src/load/spec.ts';
import { BODY } from './faulty-server.ts';

export const loadSpec = (port: number, change: Partial<LoadSpec> = {}): LoadSpec => ({
  host: '127.0.0.1',
  port,
  scheme: 'http',
  path: '/',
  serverName: 'localhost',
  protocol: 'h1',
  mode: 'keepalive',
  connections: 8,
  warmupMs: 0,
  durationMs: 300,
  timeoutMs: 5000,
  verify: false,
  expectStatus: 200,
  expectBodyBytes: BODY.length,
  ...change,
});
