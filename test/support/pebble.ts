// A certificate authority of one's own: Debian's pebble, and its name server that knows every host at 127.0.0.1.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { generate } from 'selfsigned';
import { onTestFinished, vi } from 'vitest';
import { freePorts } from './freePorts.ts';
import { PATIENCE_MS } from './tollgate.ts';

export interface Pebble {
  /** For `acme.directory` and `acme.ca`. */
  readonly directory: string;
  readonly caFile: string;
  /** Where it looks for challenges: the front must listen there. */
  readonly httpPort: number;
  readonly httpsPort: number;
  /** PEM of the root that its certificates lead to; another one at each start. */
  root(): Promise<string>;
  start(): Promise<void>;
  stop(): void;
  log(): string;
}

export interface PebbleOptions {
  /** Of its certificates. */
  readonly validitySeconds?: number;
  /** Percentage of good nonces that it refuses. */
  readonly nonceReject?: number;
  /** Most seconds that it takes to look at a challenge. */
  readonly sleepSeconds?: number;
  /** Accounts it knows by other means; it then takes no others. */
  readonly macKeys?: Readonly<Record<string, string>>;
}

/** Ready to be started, with everything it needs in a directory that goes with the test. */
export async function pebble(options: PebbleOptions = {}): Promise<Pebble> {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-pebble-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const [port = 0, management = 0, dns = 0, dnsManagement = 0, httpPort = 0, httpsPort = 0] =
    await freePorts(6);
  const caFile = await writeFiles(directory, options, { port, management, httpPort, httpsPort });
  const children: ChildProcess[] = [];
  let log = '';
  const run = (program: string, words: readonly string[]): void => {
    const child = spawn(program, words, { env: environment(options), stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
    children.push(child);
  };
  const stop = (): void => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  };
  onTestFinished(stop);
  const ask = (path: string, at = port): Promise<string> => getText(`https://127.0.0.1:${at}${path}`);
  return {
    directory: `https://127.0.0.1:${port}/dir`,
    caFile,
    httpPort,
    httpsPort,
    root: () => ask('/roots/0', management),
    start: async () => {
      run('pebble-challtestsrv', dnsWords(dns, dnsManagement));
      run('pebble', ['-config', join(directory, 'pebble.json'), '-dnsserver', `127.0.0.1:${dns}`]);
      await vi.waitFor(() => ask('/dir'), { timeout: PATIENCE_MS, interval: 50 });
    },
    stop,
    log: () => log,
  };
}

async function writeFiles(
  directory: string,
  { validitySeconds, macKeys }: PebbleOptions,
  ports: Readonly<Record<'port' | 'management' | 'httpPort' | 'httpsPort', number>>,
): Promise<string> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'pebble' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
  const [certificate, privateKey] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  writeFileSync(certificate, cert);
  writeFileSync(privateKey, key);
  const settings = {
    listenAddress: `127.0.0.1:${ports.port}`,
    managementListenAddress: `127.0.0.1:${ports.management}`,
    certificate,
    privateKey,
    httpPort: ports.httpPort,
    tlsPort: ports.httpsPort,
    externalAccountBindingRequired: macKeys !== undefined,
    ...(macKeys === undefined ? {} : { externalAccountMACKeys: macKeys }),
    ...(validitySeconds === undefined ? {} : { certificateValidityPeriod: validitySeconds }),
  };
  writeFileSync(join(directory, 'pebble.json'), JSON.stringify({ pebble: settings }));
  return certificate;
}

function environment({ nonceReject = 0, sleepSeconds }: PebbleOptions): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    PEBBLE_WFE_NONCEREJECT: String(nonceReject),
    PEBBLE_AUTHZREUSE: '0',
    ...(sleepSeconds === undefined
      ? { PEBBLE_VA_NOSLEEP: '1' }
      : { PEBBLE_VA_SLEEPTIME: String(sleepSeconds) }),
  };
}

function dnsWords(port: number, management: number): readonly string[] {
  const off = ['http01', 'https01', 'tlsalpn01'].flatMap((name) => [`-${name}`, '']);
  const at = ['-dns01', `127.0.0.1:${port}`, '-management', `127.0.0.1:${management}`];
  return [...off, ...at, '-defaultIPv4', '127.0.0.1', '-defaultIPv6', ''];
}

function getText(url: string): Promise<string> {
  const agent = new Agent({ rejectUnauthorized: false });
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      text(response)
        .then(resolve, reject)
        .finally(() => agent.destroy());
    }).on('error', reject);
  });
}
