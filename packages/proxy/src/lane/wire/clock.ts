// Times as text, with the part that changes once a second kept.

let second = 0;
let text = '';
let line = '';

/** The Date field, a whole line with its CRLF (RFC 9110 6.6.1). */
export function dateLine(nowMicros: number): string {
  tell(nowMicros);
  return line;
}

/** Its value alone. */
export function dateText(nowMicros: number): string {
  tell(nowMicros);
  return text;
}

function tell(nowMicros: number): void {
  const now = Math.floor(nowMicros / 1_000_000);
  if (now === second) return;
  second = now;
  text = new Date(now * 1000).toUTCString();
  line = `Date: ${text}\r\n`;
}

let secondOfText = 0;
let secondText = '';

/** Digits of `micros`, a whole number: V8 takes long to write one that is larger than 32 bits. */
export function microsText(micros: number): string {
  const whole = Math.floor(micros / 1_000_000);
  if (whole !== secondOfText) {
    secondOfText = whole;
    secondText = String(whole);
  }
  // The million keeps leading zeros.
  return secondText + String(micros - whole * 1_000_000 + 1_000_000).slice(1);
}
