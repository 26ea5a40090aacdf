// The closed list of warnings: each says what is wrong with the numbers and what to do about it.
import type { Warning } from '../format/result.ts';

const percent = (share: number): string => {
  const digits = share < 0.0095 ? 2 : share < 0.0995 ? 1 : 0;
  return `${(share * 100).toFixed(digits)} %`;
};

const make = (id: string, message: string, advice: string): Warning => ({ id, message, advice });

/** Shares are 0..1. */
export const warn = {
  fewPairs: (pairs: number): Warning =>
    make(
      'few-pairs',
      `Only ${pairs} pairs: the intervals are wide.`,
      'Run it longer (--seconds) or with --full.',
    ),
  notDistinguishable: (layer: string, pairs: number, needed: number | null): Warning =>
    make(
      'not-distinguishable',
      `${layer}: ${pairs} pairs cannot tell its cost from the noise of this machine.`,
      needed === null
        ? 'No number of pairs within reason would; take it for free, or measure on a quieter machine.'
        : `About ${needed} pairs would, if the noise stays as it is.`,
    ),
  noisyMachine: (floorRatio: number): Warning =>
    make(
      'noisy-machine',
      `Two runs of the same thing differ by up to ${percent(floorRatio)} here.`,
      'Stop what else runs, or take a machine of your own; smaller costs than this cannot be seen.',
    ),
  steal: (share: number): Warning =>
    make(
      'steal',
      `The hypervisor took ${percent(share)} of the CPU away while measuring.`,
      'Measure at another hour, or on a machine with CPUs of its own.',
    ),
  foreignCpu: (share: number): Warning =>
    make(
      'foreign-cpu',
      `Other processes used ${percent(share)} of the CPU while measuring.`,
      'Stop them and run again.',
    ),
  generatorBusy: (share: number): Warning =>
    make(
      'generator-busy',
      `The load generator used ${percent(share)} of its core: it may be what limits.`,
      'Lower --rate or --connections, or give the generator a faster core; read throughput as "at least".',
    ),
  generatorBlocked: (share: number): Warning =>
    make(
      'generator-blocked',
      `${percent(share)} of the requests found no free connection when they were due.`,
      'Raise --connections, or lower --rate: the latencies include the wait.',
    ),
  offeredMissed: (share: number): Warning =>
    make(
      'offered-missed',
      `Only ${percent(Math.floor(share * 1000) / 1000)} of the offered requests were answered well.`,
      'Lower --rate: costs per request mean little beyond the knee.',
    ),
  disturbed: (share: number): Warning =>
    make(
      'disturbed',
      `${percent(share)} of the slices cost twice or half of what their neighbours did, and were left out.`,
      'The hypervisor held the core up; measure on a machine with CPUs of its own.',
    ),
  miscounted: (windows: number): Warning =>
    make(
      'miscounted',
      `In ${windows} windows the generator opened more or fewer connections than the server's kernel counted.`,
      'Believe no figure of this run; look in rows.jsonl for what they have in common.',
    ),
  drift: (change: number): Warning =>
    make(
      'drift',
      `The second half differs from the first by ${percent(change)} or more.`,
      'Warm up longer, or look for what changed (thermal limits, a filling table, a growing log).',
    ),
  errors: (share: number): Warning =>
    make(
      'errors',
      `${percent(share)} of the attempts failed.`,
      'Read the phases they failed in; a cost per good request carries the failed ones too.',
    ),
  reruns: (reruns: number, cells: number): Warning =>
    make(
      'reruns',
      `${reruns} of ${cells} cells failed a validity gate and were run again.`,
      'A few are normal on a shared machine; many mean that it is too restless for this.',
    ),
  cutShort: (done: string): Warning =>
    make(
      'cut-short',
      `This run was cut short: what is told here is from ${done}.`,
      'Run it again for the rest.',
    ),
  generatorHeldUp: (ms: number): Warning =>
    make(
      'generator-held-up',
      `The load generator itself was held up for ${Math.round(ms)} ms: what lies in them is no fault of the server.`,
      'Run it again on a machine with less to do.',
    ),
  samplesLost: (ms: number): Warning =>
    make(
      'samples-lost',
      `For ${(ms / 1000).toFixed(1)} s the machine was not looked at: the counters of those seconds lie in later ones.`,
      'Run it again on a machine with less to do.',
    ),
  tableSwept: (freed: number, atMs: number): Warning =>
    make(
      'table-swept',
      `The kernel swept ${freed} closed connections out of the full table after ${(atMs / 1000).toFixed(1)} s, and goodput came back until it was full again.`,
      'It does so within a minute of a table being full, here and in a real outage; run again for one without.',
    ),
  tableNotFull: (predicted: number, seconds: number): Warning =>
    make(
      'table-not-full',
      `The table would have been full after ${predicted.toFixed(0)} s, the run ended after ${seconds} s.`,
      `Run longer: --seconds ${Math.ceil(predicted + 5)}.`,
    ),
  noRoot: (): Warning =>
    make(
      'no-root',
      'Not root: no namespaces, so the firewall layer is left out and everything runs over loopback.',
      'Run as root for the whole breakdown.',
    ),
  sharedCore: (): Warning =>
    make(
      'shared-core',
      'One core: the generator and the server share it.',
      'Take a machine with two cores; until then read ratios, not absolute numbers.',
    ),
  ladderOrder: (): Warning =>
    make(
      'ladder-order',
      'A ladder of rungs charges each layer at its place: what interacts is charged to the later one.',
      'bench --full shares interactions out evenly.',
    ),
  notMeasured: (names: readonly string[]): Warning =>
    make(
      'not-measured',
      `Hardly a window had a good answer, so left out: ${names.join('; ')}.`,
      'Measure longer windows (--seconds), or at a quieter time; rows.jsonl has what there was.',
    ),
  missingSubject: (name: string): Warning =>
    make(
      'missing-subject',
      `${name} is not installed and was left out.`,
      `Install ${name} to compare with it.`,
    ),
} as const;
