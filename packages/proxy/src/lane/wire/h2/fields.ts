// Field lines of an upstream's HTTP/1.1 answer as HTTP/2 has them: names in lower case and values in turn.
import { viaField } from '@tollgate/core';
import { lowerName } from '../../lowerName.ts';

const VIA = { 0: viaField('1.0')[1], 1: viaField('1.1')[1] } as const;

/** `lines`: complete lines with CRLF, of a head that the strict reader has let pass. */
export function answerFields(lines: string, minor: 0 | 1): string[] {
  const fields: string[] = [];
  let start = 0;
  while (start < lines.length) {
    const end = lines.indexOf('\r\n', start);
    const colon = lines.indexOf(':', start);
    fields.push(lowerName(lines.slice(start, colon)), lines.slice(colon + 1, end).trim());
    start = end + 2;
  }
  fields.push('via', VIA[minor]);
  return fields;
}

/** Names and values in turn. */
export const lowerNames = (fields: readonly string[]): string[] =>
  fields.map((text, at) => (at % 2 === 0 ? lowerName(text) : text));
