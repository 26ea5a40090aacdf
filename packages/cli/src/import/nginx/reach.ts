// Who can reach a server. A site answers on every listener: what nginx kept to the machine must not come out by another's.
import type { Place } from './listen.ts';

/** The wider comes first. */
const REACHES = ['everybody', 'private', 'machine'] as const;

type Reach = (typeof REACHES)[number];

interface Listening {
  readonly places: readonly Place[];
}

/** Those that fewer can reach than some other, with where they are. */
export function keptIn<Server extends Listening>(servers: readonly Server[]): ReadonlyMap<Server, string> {
  const widest = REACHES.find((reach) => servers.some(({ places }) => reachOf(places) === reach));
  const hasWebPort = servers.some(({ places }) => places.some(isWeb));
  return new Map(
    servers
      .filter(({ places }) => reachOf(places) !== widest || (hasWebPort && !places.some(isWeb)))
      .map((server) => [server, server.places.map(({ address }) => address).join(', ')]),
  );
}

function reachOf(places: readonly Place[]): Reach {
  return (
    REACHES.find((reach) => places.some(({ address }) => reachOfAddress(address) === reach)) ?? 'everybody'
  );
}

function reachOfAddress(address: string): Reach {
  if (/^(?:127\.|localhost(?::|$)|\[::1\]|unix:)/.test(address)) return 'machine';
  if (/^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|\[f[cde])/i.test(address)) return 'private';
  return 'everybody';
}

/** Other ports are often closed to the outside, or told to nobody. */
const isWeb = ({ address }: Place): boolean => /^(?:.*:)?(?:80|443)$/.test(address);
