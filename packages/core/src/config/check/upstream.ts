// What must hold between the keys of one upstream.
import { isIP } from 'node:net';
import type { Key } from '../problem.ts';
import type { Reading } from '../reading.ts';
import type { RouteInput } from '../schema/route.ts';
import type { PlacedSite } from '../sites.ts';

type UpstreamInput = NonNullable<RouteInput['upstream']>;

export function checkUpstreams(reading: Reading, sites: readonly PlacedSite[]): void {
  for (const { at, given } of sites.flatMap(({ routes }) => routes)) {
    if (given.upstream !== undefined) checkUpstream(reading, [...at, 'upstream'], given.upstream);
  }
}

function checkUpstream(reading: Reading, at: readonly Key[], given: UpstreamInput): void {
  const { servers, balance, hashBy } = given;
  if (hashBy !== undefined && balance !== 'hash')
    reading.report([...at, 'hashBy'], `expected balance: hash beside it, got ${balance}`, true);
  if (servers.every(({ backup }) => backup))
    reading.report([...at, 'servers'], 'expected a server that is no backup, got none');
  if (given.warm > 0 && given.proxyProtocol !== undefined)
    reading.report(
      [...at, 'warm'],
      'expected no proxyProtocol beside it, whose connections belong to one client',
      true,
    );
  else if (given.warm > given.keepAliveSockets)
    reading.report(
      [...at, 'warm'],
      `expected at most keepAliveSockets (${given.keepAliveSockets}), got ${given.warm}`,
    );
  if (given.resolve !== undefined && !servers.some(({ url }) => isNamed(url)))
    reading.report([...at, 'resolve'], 'expected a server with a name to look up, got none', true);
}

const isNamed = ({ address }: UpstreamInput['servers'][number]['url']): boolean =>
  address.kind === 'tcp' && isIP(address.host) === 0;
