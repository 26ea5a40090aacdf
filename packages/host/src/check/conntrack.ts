// The connection table: how full, how long it lasts at this rate, what it has dropped. The story's host is found here.
import { type Check, judged, percent, statusAbove, type Thresholds, unknown } from './check.ts';
import { lossCheck } from './losses.ts';
import { growth, type View } from './view.ts';

const USE: Thresholds = { warn: 75, fail: 90 };
const CURE = 'tollgate firewall apply --confirm 60  (connectionTracking: web-untracked)';
/** A closed TCP connection stays this long (nf_conntrack_proto_tcp.c). */
const TIME_WAIT_SECONDS = 120;
/** Below these a small site's spike fills the table: a test of 125 connections makes some 400 a second. */
const SUSTAINABLE = { warn: 500, fail: 100 } as const;
/** Of the rate that the table can hold for ever. */
const NEAR = 0.75;

interface Table {
  readonly entries: number;
  readonly max: number;
  readonly staySeconds: number;
}

export function conntrackChecks(view: View): readonly Check[] {
  const table = tableOf(view);
  if (typeof table === 'string') return [untracked(table)];
  return [useCheck(table), cliffCheck(table, view), sizeCheck(table, view), dropCheck(view)];
}

function tableOf({ now }: View): Table | string {
  if (!now.conntrack.ok) return now.conntrack.why;
  if (!now.conntrackLimits.ok) return now.conntrackLimits.why;
  const { max, timeWaitSeconds } = now.conntrackLimits.value;
  return { entries: now.conntrack.value.entries, max, staySeconds: timeWaitSeconds ?? TIME_WAIT_SECONDS };
}

function untracked(why: string): Check {
  if (why !== 'absent') return unknown('conntrack-use', `the connection table cannot be read (${why})`);
  return judged({
    id: 'conntrack-use',
    status: 'ok',
    value: 0,
    limit: null,
    unit: 'entries',
    good: 'the kernel tracks no connections, so there is no table to fill',
    bad: '',
    fix: '',
  });
}

function useCheck({ entries, max }: Table): Check {
  const used = percent(entries, max);
  const many = `${entries} of ${max} entries of the connection table are used`;
  return judged({
    id: 'conntrack-use',
    status: statusAbove(used, USE),
    value: used,
    limit: USE.warn,
    unit: '%',
    good: many,
    bad: `${many}; when it is full the kernel drops every new connection`,
    fix: CURE,
  });
}

/** New connections a second: measured, or given. */
function connectionRate({ before, now, seconds, expect }: View): number {
  if (expect.connectionsPerSecond !== undefined) return expect.connectionsPerSecond;
  return growth(before.segments, now.segments, ({ passiveOpens }) => passiveOpens) / seconds;
}

/** Each entry stays for its time, so a rate settles at rate x time entries: over the limit, the free ones run out. */
export function secondsToCliff({ entries, max, staySeconds }: Table, entriesPerSecond: number): number {
  if (entriesPerSecond * staySeconds <= max) return Number.POSITIVE_INFINITY;
  return Math.max(0, max - entries) / entriesPerSecond;
}

function cliffCheck(table: Table, view: View): Check {
  const each = view.expect.entriesPerRequest ?? 1;
  const rate = view.expect.tracksWeb === false ? 0 : connectionRate(view) * each;
  const seconds = secondsToCliff(table, rate);
  const sustainable = Math.floor(table.max / table.staySeconds / each);
  const perSecond = Math.round(rate / each);
  const lasts = Number.isFinite(seconds);
  const near = rate * table.staySeconds >= NEAR * table.max;
  return judged({
    id: 'conntrack-cliff',
    status: lasts ? 'fail' : near ? 'warn' : 'ok',
    value: lasts ? Math.round(seconds) : 'never',
    limit: 'never',
    unit: lasts ? 's' : '',
    good: `${perSecond} new connections/s; the table of ${table.max} can hold ${sustainable}/s for ever`,
    bad:
      `the connection table (limit ${table.max}, ${table.entries} used) ` +
      `${lasts ? `lasts ${Math.round(seconds)} s` : 'nearly overflows'} at ${perSecond} new connections/s; ` +
      `it can hold ${sustainable}/s for ever`,
    fix: CURE,
    confidence: view.seconds >= 1 || view.expect.connectionsPerSecond !== undefined ? 'high' : 'medium',
  });
}

function sizeCheck({ max, staySeconds }: Table, { expect }: View): Check {
  const sustainable = Math.floor(max / staySeconds / (expect.entriesPerRequest ?? 1));
  const small = sustainable < SUSTAINABLE.fail ? 'fail' : sustainable < SUSTAINABLE.warn ? 'warn' : 'ok';
  const spared = expect.tracksWeb === false;
  return judged({
    id: 'conntrack-size',
    status: spared ? 'ok' : small,
    value: sustainable,
    limit: SUSTAINABLE.warn,
    unit: 'connections/s',
    good: spared
      ? `web traffic takes no entry; the table of ${max} is left to everything else`
      : `a table of ${max} holds ${sustainable} new connections/s for ever`,
    bad: `a table of ${max} holds only ${sustainable} new connections/s: an entry stays ${staySeconds} s after its connection`,
    fix: `${CURE}; or echo 'options nf_conntrack hashsize=65536' > /etc/modprobe.d/nf_conntrack.conf and sysctl -w net.netfilter.nf_conntrack_max=262144`,
  });
}

const dropCheck = ({ before, now }: View): Check =>
  lossCheck({
    id: 'conntrack-drops',
    unit: 'packets',
    before: before.conntrack,
    now: now.conntrack,
    lost: ({ drop, earlyDrop, insertFailed }) => drop + earlyDrop + insertFailed,
    unread: 'the counters of the table cannot be read',
    words: (_stats, lost, fresh) => ({
      good: 'the table has never dropped a packet',
      bad:
        fresh > 0
          ? `the table is dropping packets now (${fresh} since a moment ago); clients see time-outs of 1, 3, 7 s`
          : `the table has dropped ${lost} packets since the start: it was full, or its entries collided`,
      fix: CURE,
    }),
  });
