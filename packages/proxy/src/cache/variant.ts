// Which of the answers kept for one address fits a request (RFC 9111 section 4.1).
import { valueOf } from './fieldLines.ts';

/** Written by the front for each target: what a client sent under the name is not what the answer depends on. */
const OWN = /^(?:x-forwarded-|forwarded$|x-request-id$|via$)/;
/** Of these the key has the value already. */
const KEYED: ReadonlySet<string> = new Set(['host', 'x-forwarded-proto', 'x-forwarded-host']);
/** Lists whose order and case mean nothing beyond their weights. */
const UNORDERED: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'accept-charset',
]);

/**
 * The fields to compare; `undefined`: the answer depends on the client itself, and fits nobody else. `told`: fields, in lower
 * case, that the front writes for each client of the route.
 */
export function selectingNames(
  vary: readonly string[],
  told: readonly string[],
): readonly string[] | undefined {
  const names = vary.filter((name) => !KEYED.has(name)).toSorted();
  return names.some((name) => OWN.test(name) || told.includes(name)) ? undefined : names;
}

/** The request's values of those fields as one text: equal for requests that get the same variant. */
export function variantOf(names: readonly string[], rawHeaders: readonly string[]): string {
  if (names.length === 0) return '';
  return names.map((name) => `${name}=${normalised(name, valueOf(rawHeaders, name))}`).join('\n');
}

/** RFC 9111 4.1 allows what is known not to change the meaning: white space, and the order of preferences. */
function normalised(name: string, value: string | undefined): string {
  // No line break is in a value: absent and empty are told apart.
  if (value === undefined) return '\n';
  const items = value.split(',').map((item) => item.trim());
  return UNORDERED.has(name)
    ? items
        .map((item) => item.toLowerCase().replaceAll(/\s+/g, ''))
        .toSorted()
        .join(',')
    : items.join(',');
}
