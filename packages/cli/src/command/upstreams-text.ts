// The upstreams in `tollgate status`: a line a server, and one for what waited or was asked again. Pure.
import type { FrontStatus } from '@tollgate/proxy';

type Server = FrontStatus['upstreams'][number];
type Totals = FrontStatus['upstreamTotals'][number];

export function upstreamsText({ upstreams, upstreamTotals }: FrontStatus): string[] {
  return [...upstreams.map(serverText), ...upstreamTotals.flatMap(totalsText)];
}

const STATES = {
  up: 'in use',
  marked: 'left alone for now',
  trial: 'asked once a second',
  unhealthy: 'fails its checks',
} as const satisfies Record<Server['state'], string>;

function serverText(server: Server): string {
  const { active, maxConnections, weight, backup, requests, failures, fails } = server;
  const facts = [
    STATES[server.state],
    ...(server.checks?.fault === null || server.checks === null ? [] : [server.checks.fault]),
    ...(backup ? ['backup'] : []),
    ...(weight === 1 ? [] : [`weight ${weight}`]),
    `${active}${maxConnections === null ? '' : ` of ${maxConnections}`} under way`,
    `${requests} asked`,
    ...(failures > 0 ? [`${failures} failed`] : []),
    ...(fails > 0 ? [`${fails} failures in a row`] : []),
  ];
  const address = server.address === null ? '' : ` (${server.address})`;
  return `    upstream      ${server.server}${address} ${facts.join(', ')}`;
}

/** Of an upstream where nobody ever waited and nothing was asked again, no line. */
function totalsText(totals: Totals): string[] {
  const { servers, waiting, waited, queueFull, queueLate, retries, retriesDenied, lookupsFailed } = totals;
  const facts = [
    ...(waited + queueFull > 0
      ? [`${waiting} waiting (${waited} waited, ${queueFull} found it full, ${queueLate} waited in vain)`]
      : []),
    ...(lookupsFailed > 0 ? [`${lookupsFailed} look-ups failed`] : []),
    ...(retries + retriesDenied > 0 ? [`${retries} asked again, ${retriesDenied} over the budget`] : []),
  ];
  return facts.length === 0 ? [] : [`    upstream      ${servers[0] ?? ''} …: ${facts.join('; ')}`];
}
