// Field lines of HTTP/1.1 as the flat list that node:http2 takes: lower-case names, the status first.
import { viaField } from '@tollgate/core';

/** `lines`: complete lines with CRLF, of a head that the strict reader has let pass. */
export function answerFields(status: number, lines: string, minor: 0 | 1): string[] {
  const fields = [':status', String(status)];
  let start = 0;
  while (start < lines.length) {
    const end = lines.indexOf('\r\n', start);
    const colon = lines.indexOf(':', start);
    fields.push(lines.slice(start, colon).toLowerCase(), lines.slice(colon + 1, end).trim());
    start = end + 2;
  }
  fields.push('via', viaField(minor === 0 ? '1.0' : '1.1')[1]);
  return fields;
}

/** Names and values in turn, as answers of the front itself have them. */
export function lowerFields(status: number, given: readonly string[]): string[] {
  const fields = [':status', String(status)];
  for (let at = 0; at + 1 < given.length; at += 2)
    fields.push((given[at] ?? '').toLowerCase(), given[at + 1] ?? '');
  return fields;
}
