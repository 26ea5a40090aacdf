// A small connection table without touching the machine's: the limit is global, the count is not, so all but LIMIT entries are filled with dummies.
import { LIVE, readConntrackLimits, readConntrackStats } from '@tollgate/host';
import type { Namespace } from './namespace.ts';

/**
 * Leaves room for `limit` entries in this namespace's table; answers how many dummies that took. Throws when the machine's own limit is smaller, or the kernel has no connection tracking.
 */
export async function limitTable(server: Namespace, limit: number): Promise<number> {
  const limits = readConntrackLimits(LIVE);
  if (!limits.ok) throw new Error(`this kernel has no connection table (${limits.path}: ${limits.detail})`);
  const { max } = limits.value;
  if (limit > max)
    throw new Error(`the table limit: expected at most the machine's own, ${max}, got ${limit}`);
  if (limit === max) return 0;
  // What is in the table already (a validated answer stays for two minutes) is as good as a dummy.
  const fill = max - limit - entriesOf(server);
  // conntrack opens its file anew, which a pipe allows and the socket that is our child's stdin does not.
  await server.run(['sh', '-c', 'cat | conntrack -R /dev/stdin'], dummies(fill));
  const room = max - entriesOf(server);
  if (Math.abs(room - limit) > 64)
    throw new Error(`the table limit: expected room for ${limit} entries, got ${room}`);
  return max - limit;
}

/** None where nothing is tracked. */
function entriesOf(server: Namespace): number {
  const stats = readConntrackStats(LIVE, server.netOf);
  return stats.ok ? stats.value.entries : 0;
}

/** ASSURED, or the kernel would throw them out to make room (nf_conntrack_core.c, early_drop). */
function dummies(count: number): string {
  const lines: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const port = 1024 + (index % 60_000);
    const from = `198.19.${Math.floor(index / 60_000)}.1`;
    lines.push(
      `-A -t 3600 -u SEEN_REPLY,ASSURED -s ${from} -d 198.19.255.1 -r 198.19.255.1 -q ${from} ` +
        `-p tcp --sport ${port} --dport 9 --reply-port-src 9 --reply-port-dst ${port} --state ESTABLISHED`,
    );
  }
  return `${lines.join('\n')}\n`;
}
