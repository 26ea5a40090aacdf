// A request as one JSON object on one line, with the names of RequestRecord; absent values are left out.
// Built by hand: JSON.stringify with the same escaping on top costs no less, and this shows the order of the fields.
import type { RequestRecord } from '../request/record.ts';
import { jsonShort, jsonText } from './escape.ts';
import type { LineFormat } from './format.ts';
import { isoTime } from './time.ts';

export function compileJson(): LineFormat {
  const time = isoTime();
  return (record, weight) =>
    `{"time":"${time(record.timeMs)}","client":"${jsonShort(record.client)}"` +
    `,"method":"${jsonShort(record.method)}","scheme":"${record.scheme}","host":"${jsonShort(record.host)}"` +
    `,"path":"${jsonText(record.path)}","protocol":"${record.protocol}","status":${record.status}` +
    `,"bytesIn":${record.bytesIn},"bytesOut":${record.bytesOut},"durationMs":${toMicros(record.durationMs)}` +
    `${upstream(record)}${tls(record)},"requestId":"${jsonShort(record.requestId)}"` +
    `${optional('traceId', record.traceId)}${optional('userAgent', record.userAgent)}${optional('referer', record.referer)}` +
    `${weight === 1 ? '' : `,"weight":${weight}`}}\n`;
}

function upstream(record: RequestRecord): string {
  const took = record.upstreamMs === undefined ? '' : `,"upstreamMs":${toMicros(record.upstreamMs)}`;
  return `${took}${optional('upstream', record.upstream)}`;
}

function tls(record: RequestRecord): string {
  if (record.tlsVersion === undefined) return '';
  return `${optional('tlsVersion', record.tlsVersion)}${optional('tlsCipher', record.tlsCipher)}`;
}

function optional(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":"${jsonShort(value)}"`;
}

/** Three decimals at most: the clock gives nanoseconds nobody reads, a quarter of the line's length. */
function toMicros(durationMs: number): number {
  return Math.round(durationMs * 1000) / 1000;
}
