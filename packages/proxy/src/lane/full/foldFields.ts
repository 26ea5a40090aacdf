// Field lines as Node's object of lower-case names.

/** Fields that have one value by their definition: a second one is ignored, as Node does. */
const SINGLE: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
]);

type Folded = Record<string, string | string[]>;

/** Node's object of lower-case names: repeated fields joined. Without a prototype `__proto__` is a name like any other. */
export function foldFields(fields: readonly string[]): Folded {
  const folded: Folded = Object.create(null);
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = (fields[at] ?? '').toLowerCase();
    const value = fields[at + 1] ?? '';
    const before = folded[name];
    if (before === undefined) folded[name] = name === 'set-cookie' ? [value] : value;
    else if (typeof before !== 'string') before.push(value);
    else if (!SINGLE.has(name)) folded[name] = `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return folded;
}
