// Field lines as Node's object of lower-case names.
import { lowerName } from '../lowerName.ts';

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

/**
 * Its prototype is empty and has none itself: `__proto__` is a name like any other. Without any prototype it would be
 * that as well, but a hash table to V8, which grows several times over a dozen fields.
 */
class NoFields {
  [name: string]: string | string[];
}
Object.setPrototypeOf(NoFields.prototype, null);
Reflect.deleteProperty(NoFields.prototype, 'constructor');

/** Node's object of lower-case names: repeated fields joined. */
export function foldFields(fields: readonly string[]): Folded {
  const folded: Folded = new NoFields();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = lowerName(fields[at] ?? '');
    const value = fields[at + 1] ?? '';
    const before = folded[name];
    if (before === undefined) folded[name] = name === 'set-cookie' ? [value] : value;
    else if (typeof before !== 'string') before.push(value);
    else if (!SINGLE.has(name)) folded[name] = `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return folded;
}
