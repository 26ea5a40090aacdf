// What a person reads after `tollgate serve`: where to go, and what to do next. Pure.
import { styleText } from 'node:util';
import type { Config, RequestLogConfig } from '@tollgate/core';
import type { BoundAddress } from '@tollgate/proxy';

export function describeServing(
  config: Config,
  bound: readonly BoundAddress[],
  admin: string | undefined,
  colour: boolean,
): string {
  const rows: [string, string][] = bound.map((address) => [urlOf(address), purposeOf(address, config)]);
  if (admin !== undefined) rows.push([admin, 'admin: the live page, /metrics, /status, /healthz, /readyz']);
  const width = Math.max(...rows.map(([url]) => url.length));
  return [
    paint('bold', 'Tollgate serves', colour),
    ...rows.map(
      ([url, purpose]) => `  ${paint('cyan', url, colour)}${' '.repeat(width - url.length + 2)}${purpose}`,
    ),
    `  configuration: ${config.file}`,
    `  request log: ${requestLogText(config.requestLog)}`,
    ...orderedHint(config),
    ...selfSignedHint(config),
  ].join('\n');
}

function urlOf({ scheme, address, port }: BoundAddress): string {
  if (address.kind === 'unix') return `${scheme}+unix:${address.path}`;
  if (address.kind === 'systemd') return `${scheme} on systemd:${address.name}`;
  const everywhere = address.address === '0.0.0.0' || address.address === '::';
  const literal = address.address.includes(':') ? `[${address.address}]` : address.address;
  return `${scheme}://${everywhere ? 'localhost' : literal}:${port}`;
}

function purposeOf({ scheme }: BoundAddress, config: Config): string {
  if (scheme === 'http' && servesTls(config)) return 'redirects to https';
  const hosts = config.sites.flatMap((site) => site.hosts).map((host) => (host === '*' ? 'any host' : host));
  return hosts.join(', ');
}

const servesTls = ({ listen }: Config): boolean => listen.some(({ scheme }) => scheme === 'https');

function requestLogText({ mode, to, format }: RequestLogConfig): string {
  if (mode === 'off') return 'off';
  return `${mode}, ${format}, to ${typeof to === 'string' ? to : to.file}`;
}

function orderedHint({ acme, sites }: Config): string[] {
  const some = sites.some(({ tls }) => tls.kind === 'acme');
  return acme !== undefined && some ? [`  certificates: ordered from ${new URL(acme.directory).host}`] : [];
}

function selfSignedHint(config: Config): string[] {
  const selfSigned = servesTls(config) && config.sites.some(({ tls }) => tls.kind === 'self-signed');
  return selfSigned ? ['  self-signed certificate: browsers warn, curl needs -k'] : [];
}

function paint(style: 'bold' | 'cyan', text: string, colour: boolean): string {
  return colour ? styleText(style, text, { validateStream: false }) : text;
}
