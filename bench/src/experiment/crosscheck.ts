// `crosscheck`: our load generator beside wrk and autocannon on one server, in turn: is its goodput theirs, and what does it cost?
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Crosschecked } from '../format/crosscheck.ts';
import type { Interval } from '../format/result.ts';
import { chooseCores } from '../lab/cores.ts';
import { isInstalled } from '../lab/peers.ts';
import { LOOPBACK } from '../lab/place.ts';
import type { LabProcess } from '../lab/process.ts';
import { Scope } from '../lab/scope.ts';
import { fromRoot, NODE } from '../lab/subject/backend.ts';
import { SMALL } from '../lab/subject/contract.ts';
import { autocannon } from '../load/driver/autocannon.ts';
import type { Driver, DriverReport } from '../load/driver/driver.ts';
import { ownDriver } from '../load/driver/own.ts';
import { wrk } from '../load/driver/wrk.ts';
import type { ConnectionMode, LoadSpec } from '../load/spec.ts';
import { pairedRatio } from '../stats/paired.ts';
import { sum } from '../stats/sample.ts';

export interface CrosscheckOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
}

const HOST = '127.0.0.1';

/** Plain HTTP from a Node server of a few lines; the server on one core, the tools on the other. */
export async function crosscheck(
  options: CrosscheckOptions,
  say: (text: string) => void,
): Promise<readonly Crosschecked[]> {
  if (!isInstalled('wrk')) throw new Error('missing: wrk. Install with: apt-get install wrk');
  const scope = new Scope();
  const cores = chooseCores();
  try {
    const port = await startServer(scope, cores.server);
    const own = ownDriver(cores.generator);
    scope.defer(() => own.close());
    const found: Crosschecked[] = [];
    for (const mode of ['keepalive', 'new'] as const) {
      const drivers = [own, wrk, autocannon].filter(({ modes }) => modes.includes(mode));
      say(`${mode}: ${drivers.map(({ tool }) => tool).join(', ')}; ${options.rounds} rounds in turn`);
      const reports = await inTurn(drivers, specOf(port, mode, options), options.rounds, cores.generator);
      found.push(...drivers.map((driver) => checked(mode, driver.tool, reports, own.tool)));
    }
    return found;
  } finally {
    await scope.close();
  }
}

async function startServer(scope: Scope, core: number): Promise<number> {
  const port = await freePort();
  const server = LOOPBACK.start([...NODE, fromRoot('bench/src/lab/subject/plain-server.ts')], {
    name: 'server',
    core,
    env: { HOST, PORT: String(port) },
  });
  scope.defer(() => server.stop());
  await untilListening(server, port);
  return port;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, HOST);
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === 'string') throw new Error('expected a port, got none');
  return address.port;
}

async function untilListening(server: LabProcess, port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, HOST);
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isUp) return;
    if (server.ended) throw new Error(`the server ended: ${server.output}`);
    await delay(50);
  }
}

const specOf = (port: number, mode: ConnectionMode, options: CrosscheckOptions): LoadSpec => ({
  host: HOST,
  port,
  scheme: 'http',
  path: SMALL.path,
  protocol: 'h1',
  mode,
  connections: options.connections,
  warmupMs: 200,
  durationMs: options.seconds * 1000,
  timeoutMs: 5000,
  verify: false,
  expectStatus: SMALL.expect.status,
});

/** Mirrored, so that what drifts is shared out; a round before them all compiles what is to be compiled. */
async function inTurn(
  drivers: readonly Driver[],
  spec: LoadSpec,
  rounds: number,
  cpu: number,
): Promise<readonly DriverReport[]> {
  const reports: DriverReport[] = [];
  for (let round = 0; round <= rounds; round += 1)
    for (const driver of round % 2 === 0 ? drivers : drivers.toReversed()) {
      const report = await driver.run(spec, cpu);
      if (round > 0) reports.push(report);
    }
  return reports;
}

function checked(
  mode: ConnectionMode,
  tool: string,
  reports: readonly DriverReport[],
  own: string,
): Crosschecked {
  const theirs = reports.filter((report) => report.tool === tool);
  const ours = reports.filter((report) => report.tool === own);
  const total = (figure: (report: DriverReport) => number): number => sum(theirs.map(figure));
  const ratio = (figure: (report: DriverReport) => number): Interval | null =>
    tool === own
      ? null
      : pairedRatio(
          theirs.map((report, round) => ({ from: figure(report), to: figure(ours[round] ?? report) })),
        );
  return {
    mode,
    tool,
    goodPerSecond: (total(({ good }) => good) * 1000) / total(({ durationMs }) => durationMs),
    failed: total(({ failed }) => failed),
    cpuMicrosPerAnswer: total(({ cpuMicros }) => cpuMicros) / total(({ good }) => good),
    goodputRatio: ratio(({ good, durationMs }) => good / durationMs),
    cpuRatio: ratio(({ cpuMicros, good }) => cpuMicros / good),
  };
}
