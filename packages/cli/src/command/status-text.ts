// The status for a person to read. Pure.
import type { FrontStatus } from '@tollgate/proxy';
import type { ProcessStatus } from '../serve/service.ts';
import type { Status } from '../serve/status.ts';
import { certificatesText } from './certificates-text.ts';
import { cachesText } from './caches-text.ts';
import { upstreamsText } from './upstreams-text.ts';

export function statusText(status: Status): string {
  return [
    `${status.state} for ${durationText(status.uptimeMs)} (tollgate ${status.version}, pid ${status.pid})`,
    `  configuration   ${status.configuration}`,
    ...lastReloadText(status),
    ...certificatesText(status.ordered),
    ...unusableText(status),
    ...status.processes.flatMap((process) => processText(process)),
  ].join('\n');
}

function lastReloadText({ lastReload }: Status): string[] {
  if (lastReload === null) return [];
  const { at, outcome } = lastReload;
  if (outcome.ok) return [`  last reload     ${at}`];
  return [`  last reload     ${at}: refused`, ...outcome.errors.map((error) => `    ${error}`)];
}

/** Only while something is wrong: who is served well needs no line. */
function unusableText({ lastCertificateLoad }: Status): string[] {
  const { at, errors } = lastCertificateLoad ?? { at: '', errors: [] };
  if (errors.length === 0) return [];
  return [
    `  certificates    ${at}: not all could be loaded; the former ones are served, tried again every minute`,
    ...errors.map((error) => `    ${error}`),
  ];
}

function processText({ worker, pid, report, restarts }: ProcessStatus): string[] {
  const name = worker === 0 ? 'process' : `worker ${worker}`;
  const died = restarts === 0 ? '' : `, replaced ${restarts} times`;
  if (report === undefined) return [`  ${name}: pid ${pid} does not answer${died}`];
  const { requestLog, memoryBytes, cpuMicros, eventsLost, front } = report;
  return [
    `  ${name}: pid ${pid}, ${Math.round(memoryBytes / 2 ** 20)} MB, ${(cpuMicros / 1e6).toFixed(1)} s of CPU${died}`,
    `    serving       ${front.requests} requests (${front.activeRequests} under way), ${front.connections} connections, ${front.tunnels} WebSockets`,
    ...refusedText(front),
    ...upstreamsText(front),
    ...cachesText(front),
    ...redisText(front),
    `    request log   ${requestLog.mode}: ${requestLog.written} written, ${requestLog.dropped} lost, ${requestLog.shed} shed`,
    ...(eventsLost > 0 ? [`    event log     ${eventsLost} lost`] : []),
  ];
}

/** What the front itself turned away; nothing of it, no line. */
function refusedText({ refusals, drops, overLimit, tlsFailures, h2ResetFloods }: FrontStatus): string[] {
  const counts = {
    ...refusals,
    ...drops,
    'over the connection limit': overLimit,
    'failed TLS': tlsFailures,
    'reset floods': h2ResetFloods,
  };
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  return some.length === 0
    ? []
    : [`    refused       ${some.map(([what, count]) => `${what}: ${count}`).join(', ')}`];
}

function redisText({ redis }: FrontStatus): string[] {
  return redis.map(({ server, state, fault, answered, unanswered, unasked }) => {
    const why = fault === null ? '' : ` (${fault})`;
    const counts = `${answered} answered, ${unanswered} not, ${unasked} not asked`;
    return `    redis         ${server} ${state}${why}: ${counts}`;
  });
}

function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}
