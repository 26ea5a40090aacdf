// What a result says, in a few sentences: the first thing every report prints.
import type {
  BreakdownResult,
  CalibrationResult,
  CliffResult,
  CompareResult,
  Layer,
  LoadResult,
  Result,
  TimedRun,
} from '../format/result.ts';
import {
  capitalised,
  causeInWords,
  count,
  micros,
  modeInWords,
  percent,
  perSecond,
  phasesInWords,
  range,
  ratioRange,
  second,
  times,
} from './wording.ts';
import { failed, fell, levelsOf, sank } from './steady.ts';

const TITLES: Readonly<Record<Result['kind'], string>> = {
  breakdown: 'What every layer costs',
  cliff: 'The outage, replayed',
  load: 'Load test',
  knee: 'How much it sustains',
  compare: 'The same work, other servers',
  calibration: 'Can the bench be believed?',
};
export const titleOf = (result: Result): string => TITLES[result.kind];

/** Of a run that was cut short that first: all else is of what there was. */
export function findingsOf(result: Result): readonly string[] {
  const cut = result.warnings.filter(({ id }) => id === 'cut-short').map(({ message }) => message);
  return [...cut, ...ownFindings(result)];
}

function ownFindings(result: Result): readonly string[] {
  switch (result.kind) {
    case 'breakdown':
      return breakdownFindings(result);
    case 'cliff':
      return cliffFindings(result);
    case 'load':
    case 'knee':
      return loadFindings(result);
    case 'compare':
      return compareFindings(result);
    case 'calibration':
      return calibrationFindings(result);
  }
}

function breakdownFindings({ layers, noiseFloor }: BreakdownResult): readonly string[] {
  const told = layers.filter((layer) => layer.distinguishable);
  const dearest = told.toSorted(byCost)[0];
  const untold = layers.length - told.length;
  return [
    ...(dearest === undefined
      ? ['No layer stands out of the noise of this machine.']
      : [
          `The dearest layer is ${dearest.layer}: ${micros(dearest.cpuMicrosPerRequest.estimate)} of CPU per request (95 %: ${range(dearest.cpuMicrosPerRequest)}), with ${modeInWords(dearest.connectionMode)}.`,
        ]),
    `${told.length} of ${layers.length} layers stand out of the noise${untold === 0 ? '' : `; ${untold} ${untold === 1 ? 'is' : 'are'} marked ~, because these pairs cannot tell ${untold === 1 ? 'it' : 'them'} from nothing`}.`,
    `Noise floor: two runs of the same thing differ by up to ${micros(noiseFloor.cpuMicrosPerRequest)} (${percent(noiseFloor.ratio)}).`,
  ];
}

const byCost = (a: Layer, b: Layer): number =>
  b.cpuMicrosPerRequest.estimate - a.cpuMicrosPerRequest.estimate;

const cliffFindings = ({ runs }: CliffResult): readonly string[] => runs.map(runFinding);

const runFinding = (run: TimedRun): string =>
  [`${run.name}: ${runSentence(run)}`, ...errorSentence(run)].join(' ');

/** Where attempts ended that were not good; nothing when all of them were. */
export function errorSentence({ errors, attempts }: TimedRun): readonly string[] {
  const failed = sum(Object.values(errors));
  if (failed === 0) return [];
  return [
    `${count(failed)} of ${count(sum(attempts))} attempts failed: ${phasesInWords(errors).join(', ')}.`,
  ];
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** One sentence: it held, or when and why it fell. */
export function runSentence(run: TimedRun): string {
  if (run.verdict !== null) {
    const predicted =
      run.predictedCliffSecond === null ? '' : ` (predicted: ${second(run.predictedCliffSecond)})`;
    return `${howItFell(run)} in ${second(run.verdict.atSecond)}${predicted}: ${causeInWords(run.verdict.cause)}.`;
  }
  const { best, last } = levelsOf(run);
  const change = `from ${perSecond(best)} to ${perSecond(last)}`;
  if (fell(run)) return `goodput fell ${change}, and nothing that was watched explains it.`;
  if (sank(run)) return `sank ${change}, without a collapse.`;
  return failed(run) ? `served ${perSecond(last)} at the end.` : `held at ${perSecond(last)} to the end.`;
}

function howItFell(run: TimedRun): string {
  if (fell(run)) return 'collapsed';
  const { best, last } = levelsOf(run);
  return sank(run) ? `fell from ${perSecond(best)} to ${perSecond(last)}` : 'broke down, and came back,';
}

/** What the verdict rests on, and the kernel's own lines that are not in it already. */
export function evidenceOf({ verdict, kernelLog }: TimedRun): readonly string[] {
  const evidence = verdict?.evidence ?? [];
  const more = kernelLog.filter((line) => !evidence.some((known) => known.includes(line)));
  return [...new Set([...evidence, ...more])];
}

function loadFindings(result: LoadResult): readonly string[] {
  const knee =
    result.knee === undefined
      ? []
      : [`${result.url} sustains ${perSecond(result.knee.rate)}; the limit is ${result.knee.limiter}.`];
  return [...knee, ...result.runs.map(runFinding)];
}

function compareFindings({ work, baseline }: CompareResult): readonly string[] {
  return work.map(({ name, subjects }) => {
    const others = subjects.flatMap(({ name: subject, ratio }) =>
      ratio === null ? [] : [`${subject} ${times(ratio)} (${ratioRange(ratio)})`],
    );
    return `${capitalised(name)}: CPU per request against ${baseline}: ${others.join(', ')}.`;
  });
}

function calibrationFindings({ layers, selfTests }: CalibrationResult): readonly string[] {
  const claims = `Of ${selfTests.runs} comparisons of a thing with itself, ${selfTests.distinguishable} claimed a difference.`;
  const recoveries = layers.map(({ trueMicros, recovered }) => {
    const inside = recovered.low <= trueMicros && trueMicros <= recovered.high;
    const half = (recovered.high - recovered.low) / 2 / trueMicros;
    return `A layer known to cost ${micros(trueMicros)} was measured as ${micros(recovered.estimate)} (${range(recovered)}, ±${percent(half)}): ${inside ? 'recovered' : 'missed'}.`;
  });
  return [...recoveries, claims];
}
