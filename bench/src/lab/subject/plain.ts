// The laboratory's own server as a subject: calibration adds a known cost to it, incidents break it on purpose.
import { fromRoot, NODE } from './backend.ts';
import { HTTP_PORT, HTTPS_PORT, SMALL, type Subject, type Workbench } from './contract.ts';

export interface PlainOptions {
  readonly tls?: boolean;
  /** CPU microseconds burnt in each request. */
  readonly busyMicros?: number;
  readonly backlog?: number;
  /** A synchronous line of this length a request, into the journal. */
  readonly logBytes?: number;
  readonly fileLimit?: number;
}

export function plain(bench: Workbench, options: PlainOptions = {}): Subject {
  const port = options.tls === true ? HTTPS_PORT : HTTP_PORT;
  const { busyMicros = 0, backlog = 511, logBytes = 0, fileLimit } = options;
  return {
    name: busyMicros > 0 ? `plain + ${busyMicros} µs` : 'plain',
    scheme: options.tls === true ? 'https' : 'http',
    port,
    ...SMALL,
    programs: [
      {
        name: 'server',
        argv: [...NODE, fromRoot('bench/src/lab/subject/plain-server.ts')],
        env: {
          HOST: bench.address,
          PORT: String(port),
          BUSY_MICROS: String(busyMicros),
          BACKLOG: String(backlog),
          LOG_BYTES: String(logBytes),
          ...(options.tls === true ? { CERTIFICATE: bench.certificate, KEY: bench.key } : {}),
        },
        listens: { address: bench.address, port },
        stdout: logBytes > 0 ? 'journal' : 'drop',
        ...(fileLimit === undefined ? {} : { fileLimit }),
      },
    ],
    configs: {},
  };
}
