// The combined format of Apache and nginx, byte for byte, for the tools that read it: goaccess, fail2ban, awstats.
// Its time is the format's own (UTC), since those tools know no other. A weight above 1 follows the last field.
import { bareText, quotedShort, quotedText } from './escape.ts';
import type { LineFormat } from './format.ts';
import { combinedTime } from './time.ts';

export function compileCombined(): LineFormat {
  const time = combinedTime();
  return (record, weight) =>
    `${bareText(record.client)} - - [${time(record.timeMs)}]` +
    ` "${quotedShort(record.method)} ${quotedText(record.path)} ${record.protocol}"` +
    ` ${record.status} ${record.bytesOut}` +
    ` "${quotedShort(record.referer ?? '-')}" "${quotedShort(record.userAgent ?? '-')}"` +
    `${weight === 1 ? '' : ` weight=${weight}`}\n`;
}
