// A server for the laboratory's own checks, run as a program: a known cost a request, a backlog, a synchronous log line, all by environment.
import { readFileSync, writeSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

const number = (name: string, fallback: number): number => Number(process.env[name] ?? fallback);

const BUSY_MICROS = number('BUSY_MICROS', 0);
const LOG = process.env['LOG_LINES'] === 'on';
const BODY = Buffer.from('ok\n');

/** Spun on the clock: CPU clocks of a thread move in steps of a tick (4 ms) here, far too coarse for 20 µs. */
function burn(micros: number): void {
  const until = performance.now() + micros / 1000;
  while (performance.now() < until);
}

const answer: RequestListener = (request, response) => {
  if (BUSY_MICROS > 0) burn(BUSY_MICROS);
  // Synchronous, as console.log to a pipe or socket is in many programs: a stopped reader stops the server.
  if (LOG) writeSync(1, `${request.method} ${request.url} 200 ${'-'.repeat(160)}\n`);
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
