// The fields of an upstream's answer that go to the client: all but those of the upstream's own connection.
import { HOP_BY_HOP, namedInConnection } from './hop-by-hop.ts';
import { compileNames } from './names.ts';
import { viaField } from './via.ts';

const isHopByHop = compileNames(HOP_BY_HOP);

/**
 * End-to-end fields in their order and casing, then Via. An upstream's `Connection: keep-alive` sent to a client that
 * asked for `close` makes it wait on a closed socket; the lane writes the connection fields of its own side.
 * `httpVersion` is the upstream's.
 */
export function responseFields(rawHeaders: readonly string[], httpVersion: string): string[] {
  const named = namedInConnection(rawHeaders);
  const out: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (isHopByHop(name) !== undefined) continue;
    if (named !== undefined && named.has(name.toLowerCase())) continue;
    out.push(name, rawHeaders[at + 1] ?? '');
  }
  out.push(...viaField(httpVersion));
  return out;
}
