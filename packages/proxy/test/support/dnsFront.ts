// A process in a namespace of its own, where /etc/resolv.conf names its own dnsmasq: a front before a name whose addresses
// change, and then before one that nobody can look up. It says what it saw, as one line of JSON.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { parseConfig } from '@tollgate/core';
import { createFront, type Front } from '../../src/front.ts';

const directory = process.argv[2] ?? '.';
const hosts = join(directory, 'hosts');
const NAME = 'app.tollgate.test';

const stand = (addresses: readonly string[]): void =>
  writeFileSync(hosts, addresses.map((address) => `${address} ${NAME}\n`).join(''));

function nameServer(): ChildProcess {
  const options = ['-k', '-C', '/dev/null', '-R', '-h', '-z', '-a', '127.0.0.1', '-H', hosts, '-u', 'root'];
  return spawn('dnsmasq', [...options, '--pid-file='], { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function serversOn(addresses: readonly string[]): Promise<number> {
  let port = 0;
  for (const address of addresses) {
    const server = createServer((_request, response) => response.end(address)).unref();
    await once(server.listen(port, address), 'listening');
    const bound = server.address();
    port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  }
  return port;
}

/** One route by each engine. */
const ENGINES = ['wire', 'http-proxy'];

function frontBefore(port: number): Front {
  const nothing = (): void => undefined;
  const routes = ENGINES.map(
    (engine) =>
      `{ path: /${engine}, upstream: { servers: 'http://${NAME}:${port}', engine: ${engine}, resolve: 50ms } }`,
  );
  const { config } = parseConfig(
    `listen: { http: '127.0.0.1:0' }\nsites: [{ hosts: '*', routes: [${routes.join(', ')}] }]`,
    { file: join(directory, 'tollgate.yaml') },
  );
  return createFront({
    config,
    requestLog: {
      enabled: false,
      counters: { written: 0, dropped: 0, shed: 0, failedWrites: 0 },
      configure: nothing,
      write: nothing,
    },
    eventLog: { info: nothing, warn: nothing, error: nothing },
    inherited: new Map(),
    reusePort: false,
  });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await wait(20);
}

async function answers(port: number): Promise<string[]> {
  const all = new Set<string>();
  for (const engine of [...ENGINES, ...ENGINES]) {
    const asked = get({ host: '127.0.0.1', port, path: `/${engine}`, agent: false });
    const [response] = await once(asked, 'response');
    all.add(`${engine} ${await text(response)}`);
  }
  return [...all].sort();
}

stand(['127.0.0.1', '127.0.0.2']);
const named = nameServer();
const front = frontBefore(await serversOn(['127.0.0.1', '127.0.0.2', '127.0.0.3']));
const [bound] = await front.listen();
const port = bound?.port ?? 0;
const known = (): string =>
  front
    .status()
    .upstreams.map(({ address }) => address)
    .join(' ');
const lookupsFailed = (): number =>
  Math.min(...front.status().upstreamTotals.map((totals) => totals.lookupsFailed));

await until(() => known() === '127.0.0.1 127.0.0.2 127.0.0.1 127.0.0.2');
const first = await answers(port);
stand(['127.0.0.2', '127.0.0.3']);
named.kill('SIGHUP');
await until(() => known() === '127.0.0.2 127.0.0.3 127.0.0.2 127.0.0.3');
const changed = await answers(port);
named.kill('SIGKILL');
await once(named, 'close');
const before = lookupsFailed();
await until(() => lookupsFailed() > before);
const withoutDns = await answers(port);
await front.close();
console.log(JSON.stringify({ first, changed, withoutDns }));
