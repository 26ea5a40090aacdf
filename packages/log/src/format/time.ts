// Times as text, with the part that changes once a second cached: most lines of a busy site share their second.

export type TimeText = (timeMs: number) => string;

/** ISO 8601 in UTC to the millisecond: `2026-11-23T01:50:19.123Z`. */
export function isoTime(): TimeText {
  const prefixOf = cachedSecond((date) => date.toISOString().slice(0, 20));
  return (timeMs) => {
    const second = Math.floor(timeMs / 1000);
    const milliseconds = Math.floor(timeMs - second * 1000);
    return `${prefixOf(second)}${String(milliseconds).padStart(3, '0')}Z`;
  };
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The combined format's own form, in UTC: `23/Nov/2026:01:50:19 +0000`. */
export function combinedTime(): TimeText {
  const textOf = cachedSecond((date) => {
    const iso = date.toISOString();
    return `${iso.slice(8, 10)}/${MONTHS[date.getUTCMonth()]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
  });
  return (timeMs) => textOf(Math.floor(timeMs / 1000));
}

function cachedSecond(render: (date: Date) => string): (second: number) => string {
  let last = Number.NaN;
  let text = '';
  return (second) => {
    if (second !== last) {
      text = render(new Date(second * 1000));
      last = second;
    }
    return text;
  };
}
