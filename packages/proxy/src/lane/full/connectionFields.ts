// Fields of the connection are the front's own. An app in this process may set them as one behind a hop may; there they
// are taken off on the way (RFC 9110 7.6.1), so here they are too: HTTP/2 cannot even carry them.
import { isHopByHop, namedInConnection } from '@tollgate/core';

/** What a response holds from `setHeader`. */
interface Stored {
  getHeaderNames(): string[];
  getHeader(name: string): unknown;
  removeHeader(name: string): void;
}

/** In an HTTP/1.1 answer it is how an app asks Node for the chunked coding. */
const FRAMING = 'transfer-encoding';

/** Takes them off what is stored and gives what is left of `given`, the fields of a `writeHead`. */
export function takeOffConnectionFields(stored: Stored, given: unknown, keepFraming: boolean): unknown {
  // Nearly every answer has none of them, and goes on as it is.
  if (!stored.getHeaderNames().some(isSuspect) && !namesOf(given).some(isSuspect)) return given;
  const named = namedIn(stored, given);
  const drops = (name: string): boolean => {
    const hop = isHopByHop(name);
    return (
      (hop !== undefined && !(keepFraming && hop === FRAMING)) || named?.has(name.toLowerCase()) === true
    );
  };
  for (const name of stored.getHeaderNames()) if (drops(name)) stored.removeHeader(name);
  if (Array.isArray(given)) return given.filter((_, at) => !drops(String(given[at - (at % 2)])));
  return isFields(given) ? Object.fromEntries(Object.entries(given).filter(([name]) => !drops(name))) : given;
}

const isSuspect = (name: unknown): boolean => isHopByHop(String(name)) !== undefined;

/** Of a list its values, too: one that reads like such a name only costs the long way round. */
const namesOf = (given: unknown): readonly unknown[] =>
  Array.isArray(given) ? given : isFields(given) ? Object.keys(given) : [];

function namedIn(stored: Stored, given: unknown): ReadonlySet<string> | undefined {
  const value = stored.getHeader('connection') ?? givenConnection(given);
  return typeof value === 'string' ? namedInConnection(['connection', value]) : undefined;
}

function givenConnection(given: unknown): unknown {
  if (Array.isArray(given)) {
    const at = given.findIndex((name, at) => at % 2 === 0 && /^connection$/i.test(String(name)));
    return at < 0 ? undefined : given[at + 1];
  }
  const isConnection = ([name]: [string, unknown]): boolean => name.toLowerCase() === 'connection';
  return isFields(given) ? Object.entries(given).find(isConnection)?.[1] : undefined;
}

const isFields = (given: unknown): given is object => typeof given === 'object' && given !== null;
