// Tollgate's front tier: the site in its own process or over a hop, by either engine, with the request log where asked.
import { fromRoot, type Hop, NODE, upstreamAddress, upstreamBackend } from './backend.ts';
import {
  HTTP_PORT,
  HTTPS_PORT,
  SITE_DIRECTORY,
  siteOf,
  SMALL,
  type FromDisk,
  type Program,
  type Subject,
  type Workbench,
} from './contract.ts';

export type RequestLogLevel = 'off' | 'file' | 'journald';

export interface TollgateOptions {
  readonly name: string;
  readonly hop: Hop | 'respond' | FromDisk;
  /** Without TLS. */
  readonly plain?: true;
  readonly engine?: 'http-proxy' | 'wire';
  readonly requestLog: RequestLogLevel;
  readonly workers?: number;
}

export function tollgate(bench: Workbench, options: TollgateOptions): Subject {
  const { hop, plain } = options;
  const port = portOf(options);
  const backend = hop === 'unix' || hop === 'tcp' ? [upstreamBackend(bench, hop)] : [];
  return {
    name: options.name,
    scheme: plain === true ? 'http' : 'https',
    port,
    ...SMALL,
    programs: [...backend, front(bench, port, options.requestLog)],
    ...siteOf(hop),
    configs: { 'tollgate.yaml': configuration(bench, options) },
  };
}

const portOf = ({ plain }: TollgateOptions): number => (plain === true ? HTTP_PORT : HTTPS_PORT);

function front(bench: Workbench, port: number, requestLog: RequestLogLevel): Program {
  return {
    name: 'front',
    argv: [...NODE, fromRoot('packages/cli/src/main.ts'), 'serve', '-c', `${bench.directory}/tollgate.yaml`],
    listens: { address: bench.address, port },
    stdout: requestLog === 'journald' ? 'journal' : 'drop',
  };
}

function configuration(bench: Workbench, options: TollgateOptions): string {
  const log = {
    off: 'off',
    file: `on, to: ${bench.directory}/requests.log`,
    journald: 'on, to: stdout',
  }[options.requestLog];
  return [
    `listen: { ${options.plain === true ? 'http' : 'https'}: "${bench.address}:${portOf(options)}" }`,
    `workers: ${options.workers ?? 1}`,
    `requestLog: { mode: ${log}, format: json }`,
    'sites:',
    `  - hosts: ['*']`,
    `    tls: { certificate: ${bench.certificate}, key: ${bench.key} }`,
    '    routes:',
    `      - { path: /, ${target(bench, options)} }`,
    '',
  ].join('\n');
}

function target(bench: Workbench, { hop, engine }: TollgateOptions): string {
  if (hop === 'in-process') return `app: ${fromRoot('packages/backend/src/app.ts')}`;
  if (hop === 'respond')
    return `respond: { status: 200, headers: { content-type: text/plain }, body: "ok\\n" }`;
  const site = `files: { directory: ${bench.directory}/${SITE_DIRECTORY}, cacheControl: max-age=3600 }`;
  if (hop === 'files') return site;
  if (hop === 'cache') return `${site}, cache: on`;
  const chosen = engine === undefined ? '' : `, engine: ${engine}`;
  return `upstream: { servers: ["${upstreamAddress(bench, hop)}"]${chosen} }`;
}
