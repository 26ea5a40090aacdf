// The Date field's value, made once a second however many answers carry it (RFC 9110 6.6.1).

let second = 0;
let line = '';

/** A whole line with its CRLF. */
export function dateLine(nowMicros: number): string {
  const now = Math.floor(nowMicros / 1_000_000);
  if (now !== second) {
    second = now;
    line = `Date: ${new Date(now * 1000).toUTCString()}\r\n`;
  }
  return line;
}
