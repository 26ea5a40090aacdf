// A server for the laboratory's own checks, run as a program: a known cost a request, a backlog, a synchronous log line, all by environment.
import { readFileSync, writeSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

const number = (name: string, fallback: number): number => Number(process.env[name] ?? fallback);

const BUSY_MICROS = number('BUSY_MICROS', 0);
const LOG_BYTES = number('LOG_BYTES', 0);
const BODY = Buffer.from('ok\n');

/**
 * Spun on the clock: CPU clocks of a thread move in steps of a tick (4 ms) here, far too coarse for 20 µs. Also for 0 µs:
 * to ask for the time after a sleep, with cold caches, takes two, and they are no part of what is known.
 */
function burn(micros: number): void {
  const until = performance.now() + micros / 1000;
  while (performance.now() < until);
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Waits until the line is taken, as a program with a blocking stdout does: a stopped reader stops the server. */
function log(line: string): void {
  let rest = Buffer.from(`${line}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      Atomics.wait(sleeper, 0, 0, 1);
    }
  }
}

const answer: RequestListener = (request, response) => {
  burn(BUSY_MICROS);
  if (LOG_BYTES > 0) log(`${request.method} ${request.url} 200 `.padEnd(LOG_BYTES, '-'));
  response.setHeader('content-type', 'text/plain');
  response.end(BODY);
};

const certificate = process.env['CERTIFICATE'];
const server =
  certificate === undefined
    ? createServer(answer)
    : createTlsServer(
        { cert: readFileSync(certificate), key: readFileSync(process.env['KEY'] ?? certificate) },
        answer,
      );
server.keepAliveTimeout = 60_000;
server.listen({ host: process.env['HOST'], port: number('PORT', 0), backlog: number('BACKLOG', 511) });
process.once('SIGTERM', () => process.exit(0));
