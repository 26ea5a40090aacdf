// Names what broke a run: a closed list of causes, each recognised by the counter that moved with the trouble, or none.
import type { CauseName, SecondSample, Verdict } from '../format/result.ts';
import type { ErrorCounts } from '../load/spec.ts';
import { median } from './change-point.ts';
import { findTrouble, sum, type Trouble } from './trouble.ts';

export interface CauseFacts {
  readonly seconds: readonly SecondSample[];
  /** Of the whole run. */
  readonly errors: ErrorCounts;
  /** Of the server's network namespace, with the second they came in. */
  readonly kernelLog: readonly { readonly second: number; readonly text: string }[];
}

/** The evidence, or `null` when this cause does not explain it. */
type Recogniser = (facts: CauseFacts, trouble: Trouble) => readonly string[] | null;

/** `null`: nothing went wrong, or nothing that was measured explains it. Never a guess. */
export function findCause(facts: CauseFacts): Verdict | null {
  const trouble = findTrouble(facts.seconds);
  if (trouble === null) return null;
  for (const [cause, recognise] of RECOGNISERS) {
    const evidence = recognise(facts, trouble);
    if (evidence !== null)
      return { cause, atSecond: trouble.atSecond, evidence: [trouble.evidence, ...evidence] };
  }
  return null;
}

/**
 * From the particular to the general: a stopped journal also makes the accept queue overflow, and most troubles end with
 * a busy core, so what explains more stands first.
 */
const RECOGNISERS: readonly (readonly [CauseName, Recogniser])[] = [
  ['conntrack-table-full', tableFull],
  ['generator-out-of-ports', outOfPorts],
  ['upstream-dead', upstreamDead],
  ['file-limit', fileLimit],
  ['journald-stall', journaldStall],
  ['steal', stolen],
  ['cpu-saturated', crowdedOut],
  ['accept-queue-overflow', acceptQueueOverflow],
  ['cpu-saturated', overloaded],
];

function tableFull({ kernelLog }: CauseFacts, { around, atSecond }: Trouble): readonly string[] | null {
  const drops = added(around, 'conntrackDrops');
  const fullest = around.find(
    ({ conntrack, conntrackMax }) =>
      conntrack !== null && conntrackMax !== null && conntrack >= 0.99 * conntrackMax,
  );
  if (drops === 0 || fullest === undefined) return null;
  const line = kernelLog.find(({ text, second }) => text.includes('table full') && second >= atSecond - 2);
  return [
    `the connection table held ${fullest.conntrack} of ${fullest.conntrackMax} entries`,
    `the kernel dropped ${drops} packets of new connections for want of an entry`,
    ...(line === undefined ? [] : [`kernel: ${line.text}`]),
  ];
}

function outOfPorts({ errors }: CauseFacts): readonly string[] | null {
  if (errors.ports === 0) return null;
  return [
    `the generator had no free source port ${errors.ports} times (EADDRNOTAVAIL): its own fault, not the server's`,
  ];
}

function upstreamDead({ errors }: CauseFacts, { around }: Trouble): readonly string[] | null {
  const ended = around.some(({ vitals }) => {
    const upstream = vitals[UPSTREAM];
    return upstream !== undefined && (upstream.state === null || upstream.state === 'Z');
  });
  if (!ended) return null;
  const answers = errors.status > 0 ? [`${errors.status} answers with an error status`] : [];
  const refused = errors.refused > 0 ? [`${errors.refused} connections refused`] : [];
  return [`the upstream's process (${UPSTREAM}) had ended`, ...answers, ...refused];
}

/** What the subjects call the program behind a front. */
const UPSTREAM = 'backend';

function fileLimit(_facts: CauseFacts, { around }: Trouble): readonly string[] | null {
  for (const { vitals } of around) {
    for (const [name, { openFiles, fileLimit: limit }] of Object.entries(vitals)) {
      // The last one or two may be held for accept() itself: libuv keeps one in reserve.
      if (openFiles !== null && limit !== null && openFiles >= limit - 2)
        return [`${name} had ${openFiles} of at most ${limit} files open (RLIMIT_NOFILE)`];
    }
  }
  return null;
}

/** Stopped, or suddenly without work while those who write to it stand still as well. */
function journaldStall(_facts: CauseFacts, { around, before, atSecond }: Trouble): readonly string[] | null {
  const after = around.filter(({ second }) => second >= atSecond);
  const was = median(before.map(({ processes }) => processes['journald'] ?? 0));
  const is = median(after.map(({ processes }) => processes['journald'] ?? 0));
  const stopped = after.some(({ vitals }) => vitals['journald']?.state === 'T');
  const writersBefore = median(before.map(writersShare));
  const writersAfter = median(after.map(writersShare));
  const stands = was > 0.005 && is < 0.1 * was && writersAfter < 0.3 * writersBefore;
  if (!stopped && !stands) return null;
  const lost = sum(around.map(({ suppressed }) => suppressed ?? 0));
  return [
    `journald used ${percent(was)} of the core before and ${percent(is)} after${stopped ? ', in state T (stopped)' : ''}`,
    `the programs that write to it fell from ${percent(writersBefore)} to ${percent(writersAfter)}: they wait for it`,
    ...(lost === 0 ? [] : [`journald threw ${lost} lines away by its rate limit`]),
  ];
}

const writersShare = ({ processes }: SecondSample): number =>
  sum(Object.entries(processes).map(([name, share]) => (WRITERS_NOT.has(name) ? 0 : share)));
const WRITERS_NOT = new Set(['journald', 'ksoftirqd', 'generator']);

function stolen(_facts: CauseFacts, { around, before }: Trouble): readonly string[] | null {
  const was = median(before.map(({ steal }) => steal ?? 0));
  const is = Math.max(0, ...around.map(({ steal }) => steal ?? 0));
  if (is < 0.2 || is < was + 0.15) return null;
  return [`the hypervisor took ${percent(is)} of the core for others, ${percent(was)} before`];
}

/** Somebody else's programs came to the server's core. */
function crowdedOut(
  _facts: CauseFacts,
  { around, before, atSecond, lasts }: Trouble,
): readonly string[] | null {
  if (!lasts) return null;
  const after = around.filter(({ second }) => second >= atSecond);
  if (before.length === 0 || after.some(({ foreign }) => foreign === null)) return null;
  const was = median(before.map(({ foreign }) => foreign ?? 0));
  const is = median(after.map(({ foreign }) => foreign ?? 0));
  const busy = median(after.map(({ cpuBusy }) => cpuBusy ?? 0));
  if (busy < 0.95 || is < was + 0.2) return null;
  return [
    `the server's core was ${percent(busy)} busy`,
    `programs that are not the server's took ${percent(is)} of it, ${percent(was)} before`,
  ];
}

function acceptQueueOverflow(_facts: CauseFacts, { around }: Trouble): readonly string[] | null {
  const overflows = added(around, 'listenOverflows');
  if (overflows === 0) return null;
  return [
    `finished handshakes met a full accept queue ${overflows} times (ListenOverflows)`,
    `clients repeated their SYN ${added(around, 'synRetransmits')} times`,
  ];
}

/** The server's own work filled its core, and that is when it went wrong. */
function overloaded(_facts: CauseFacts, { around, atSecond, lasts }: Trouble): readonly string[] | null {
  // A busy core says nothing of a pause: it was as busy when all went well.
  if (!lasts) return null;
  const after = around.filter(({ second }) => second >= atSecond);
  const busy = median(after.map(({ cpuBusy }) => cpuBusy ?? 0));
  const own = median(after.map((second) => writersShare(second) + (second.processes['journald'] ?? 0)));
  if (busy < 0.97 || own < 0.5) return null;
  return [
    `the server's core was ${percent(busy)} busy, ${percent(own)} of it with the server's own programs`,
  ];
}

type Counter = 'conntrackDrops' | 'listenOverflows' | 'synRetransmits';
const added = (seconds: readonly SecondSample[], counter: Counter): number =>
  sum(seconds.map((second) => second[counter] ?? 0));

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
