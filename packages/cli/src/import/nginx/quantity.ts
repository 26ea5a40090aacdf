// Times and sizes as nginx writes them (ngx_parse_time, ngx_parse_size), as Tollgate writes them.

const SECONDS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  M: 2_592_000,
  y: 31_536_000,
};

/** `1h 30m`, `90`, `10d`: seconds. `undefined`: no time. */
export function secondsIn(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+)(ms|[smhdwMy])?\s*/gy)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) return undefined;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (SECONDS[unit ?? 's'] ?? 0), 0);
}

/** As a Tollgate duration; `undefined` outside of its bounds (1 ms to a day). */
export function durationOf(text: string): string | undefined {
  const seconds = secondsIn(text);
  if (seconds === undefined || seconds < 0.001 || seconds > 86_400) return undefined;
  return seconds < 1 ? `${Math.round(seconds * 1000)}ms` : `${seconds}s`;
}

/** `10m`, `512k`, `1g`, `1024`: as a Tollgate size. */
export function sizeOf(text: string): string | undefined {
  const [, amount, unit] = /^(\d+)([kmg]?)$/i.exec(text) ?? [];
  if (amount === undefined) return undefined;
  return `${amount}${(unit ?? '').toUpperCase()}B`;
}
