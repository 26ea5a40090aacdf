// The picture of a running load test: requests per second so far, the last second in figures, the machine beneath. Pure.
import { styleText } from 'node:util';
import { BrailleCanvas } from './braille.ts';
import { count, figure, milliseconds, percent, phasesInWords, sumOfPhases } from './wording.ts';

export interface LiveSecond {
  readonly goodput: number;
  readonly attempts: number;
  readonly errors: number;
  /** The same by phase. */
  readonly phases: Readonly<Record<string, number>>;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface LiveState {
  readonly title: string;
  readonly plannedSeconds: number;
  /** Closed seconds, from the first. */
  readonly seconds: readonly LiveSecond[];
  /** Short facts of the machine, in order of importance; empty when the target is not on this one. */
  readonly machine: readonly { readonly name: string; readonly text: string; readonly alarming: boolean }[];
  readonly colour: boolean;
}

const CHART_ROWS = 8;
const AXIS_COLUMNS = 8;

/** Lines no wider than `columns` (at least 40), the same number of them every time, so that it can be drawn over itself. */
export function renderLive(state: LiveState, columns: number): string {
  const width = Math.max(40, columns);
  const lines = [
    headLine(state, width),
    ...chartLines(state, width),
    axisLine(state, width),
    secondLine(state, width),
    errorLine(state, width),
    machineLine(state, width),
  ];
  return lines.join('\n');
}

function headLine({ title, plannedSeconds, seconds }: LiveState, width: number): string {
  const clock = `${seconds.length}/${plannedSeconds} s`;
  const room = width - clock.length - 1;
  const name = title.length > room ? `${title.slice(0, room - 1)}…` : title;
  return `${name.padEnd(room)} ${clock}`;
}

/** Goodput is the filled ground, attempts the line above it: where they part, requests fail. */
function chartLines(state: LiveState, width: number): readonly string[] {
  const canvas = new BrailleCanvas(width - AXIS_COLUMNS, CHART_ROWS);
  const top = topOf(state.seconds);
  const span = Math.max(state.plannedSeconds, state.seconds.length);
  const level = (value: number): number => Math.round((value / top) * canvas.height);
  for (let x = 0; x < canvas.width; x++) {
    const second = state.seconds[Math.floor((x * span) / canvas.width)];
    if (second === undefined) break;
    canvas.bar(x, level(second.goodput));
    if (second.attempts > 0) canvas.set(x, Math.max(0, level(second.attempts) - 1));
  }
  const paint = painter(state.colour);
  return canvas.lines().map((line, row) => {
    const label = row === 0 ? short(top) : row === CHART_ROWS / 2 ? short(top / 2) : '';
    return `${label.padStart(AXIS_COLUMNS - 2)} ${row === 0 || row === CHART_ROWS / 2 ? '┤' : '│'}${paint('cyan', line)}`;
  });
}

/** At most six characters: 950, 1500, 45 k, 1.2 M. */
function short(value: number): string {
  if (value >= 1e6) return `${figure(value / 1e6).slice(0, 4)} M`;
  return value >= 1e4 ? `${Math.round(value / 1e3)} k` : String(Math.round(value));
}

/** A round number above the highest second, so that the scale does not twitch. */
function topOf(seconds: readonly LiveSecond[]): number {
  const highest = Math.max(10, ...seconds.map((second) => Math.max(second.attempts, second.goodput)));
  const power = 10 ** Math.floor(Math.log10(highest));
  return ([1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= highest) ?? 10) * power;
}

function axisLine({ plannedSeconds }: LiveState, width: number): string {
  const legend = '█ good  ⠉ attempts';
  const end = `${plannedSeconds} s`;
  const gap = width - AXIS_COLUMNS - 1 - legend.length - end.length;
  return `${' '.repeat(AXIS_COLUMNS - 2)}0 ${' '.repeat(Math.max(1, gap >> 1))}${legend}${' '.repeat(Math.max(1, gap - (gap >> 1)))}${end}`.slice(
    0,
    width,
  );
}

function secondLine({ seconds, colour }: LiveState, width: number): string {
  const last = seconds.at(-1);
  if (last === undefined) return 'waiting for the first second'.padEnd(width);
  const parts = [
    `good ${count(last.goodput)}/s`,
    `attempts ${count(last.attempts)}/s`,
    `p50 ${milliseconds(last.p50Ms)}`,
    `p99 ${milliseconds(last.p99Ms)}`,
  ];
  return painter(colour)('bold', fit(parts, width));
}

function errorLine({ seconds, colour }: LiveState, width: number): string {
  const failed = seconds.reduce((sum, second) => sum + second.errors, 0);
  const ended = seconds.reduce((sum, second) => sum + second.errors + second.goodput, 0);
  const phases = phasesInWords(sumOfPhases(seconds.map((second) => second.phases)));
  const share = percent(ended === 0 ? 0 : failed / ended);
  const text = fit([`errors ${count(failed)} so far (${share})`, ...phases], width);
  return failed === 0 ? text : painter(colour)('red', text);
}

function machineLine({ machine, colour }: LiveState, width: number): string {
  const text = fit(
    machine.map(({ name, text, alarming }) => `${alarming ? '! ' : ''}${name} ${text}`),
    width,
  );
  return machine.some(({ alarming }) => alarming) ? painter(colour)('yellow', text) : text;
}

/** As many of the parts as there is room for, never a part of one; filled up to wipe what was there. */
function fit(parts: readonly string[], width: number): string {
  const taken: string[] = [];
  for (const part of parts) {
    if ([...taken, part].join('   ').length > width) break;
    taken.push(part);
  }
  return taken.join('   ').padEnd(width);
}

function painter(colour: boolean): (style: 'cyan' | 'bold' | 'red' | 'yellow', text: string) => string {
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
}
