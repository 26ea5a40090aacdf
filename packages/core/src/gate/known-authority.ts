// The gate's reading of a Host, remembered: a server is asked for few hosts, many times.
import { canonicalAuthority, type Authority } from './host.ts';

/** Names that a client makes up push each other out, and cost one reading each, as without a memory. */
const MOST = 1024;
const known = new Map<string, Authority | undefined>();

/** As `canonicalAuthority`. */
export function knownAuthority(text: string): Authority | undefined {
  let authority = known.get(text);
  if (authority === undefined && !known.has(text)) {
    if (known.size >= MOST) known.clear();
    authority = canonicalAuthority(text);
    known.set(text, authority);
  }
  return authority;
}
