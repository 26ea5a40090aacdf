// The fields that both sides know from the start (RFC 7541 Appendix A), and where a name stands among them.

/** Index 1 is the first, as on the wire; a name without a value of its own has the empty one. */
const FIELDS: readonly (readonly [name: string, value?: string])[] = [
  [':authority'],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset'],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language'],
  ['accept-ranges'],
  ['accept'],
  ['access-control-allow-origin'],
  ['age'],
  ['allow'],
  ['authorization'],
  ['cache-control'],
  ['content-disposition'],
  ['content-encoding'],
  ['content-language'],
  ['content-length'],
  ['content-location'],
  ['content-range'],
  ['content-type'],
  ['cookie'],
  ['date'],
  ['etag'],
  ['expect'],
  ['expires'],
  ['from'],
  ['host'],
  ['if-match'],
  ['if-modified-since'],
  ['if-none-match'],
  ['if-range'],
  ['if-unmodified-since'],
  ['last-modified'],
  ['link'],
  ['location'],
  ['max-forwards'],
  ['proxy-authenticate'],
  ['proxy-authorization'],
  ['range'],
  ['referer'],
  ['refresh'],
  ['retry-after'],
  ['server'],
  ['set-cookie'],
  ['strict-transport-security'],
  ['transfer-encoding'],
  ['user-agent'],
  ['vary'],
  ['via'],
  ['www-authenticate'],
];

export const STATIC_COUNT = FIELDS.length;
/** By index on the wire; 0 is none. */
export const STATIC_NAMES: readonly string[] = ['', ...FIELDS.map(([name]) => name)];
export const STATIC_VALUES: readonly string[] = ['', ...FIELDS.map(([, value = '']) => value)];

const byName = new Map<string, number>();
const byStatus = new Map<number, number>();
for (let index = STATIC_COUNT; index > 0; index--) {
  byName.set(STATIC_NAMES[index] ?? '', index);
  if (STATIC_NAMES[index] === ':status') byStatus.set(Number(STATIC_VALUES[index]), index);
}

/** The first field of that name; 0 if there is none. */
export const staticIndexOfName = (name: string): number => byName.get(name) ?? 0;

/** The field `:status` with this value; 0 if there is none. */
export const staticIndexOfStatus = (status: number): number => byStatus.get(status) ?? 0;
