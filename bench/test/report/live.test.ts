// The live chart: always the same number of lines, never wider than the terminal, and true to its figures.
import { describe, expect, it } from 'vitest';
import { BrailleCanvas } from '../../src/report/braille.ts';
import { type LiveSecond, type LiveState, renderLive } from '../../src/report/live.ts';

const second = (goodput: number, attempts = goodput, errors = 0): LiveSecond => ({
  goodput,
  attempts,
  errors,
  phases: errors === 0 ? {} : { refused: errors - 1, tls: 1 },
  p50Ms: goodput === 0 ? null : 12.5,
  p99Ms: goodput === 0 ? null : 48.1,
});
const state = (seconds: readonly LiveSecond[], change: Partial<LiveState> = {}): LiveState => ({
  title: 'https://example.com/',
  plannedSeconds: 8,
  seconds,
  machine: [
    { name: 'conntrack', text: '7,901 of 8,192', alarming: true },
    { name: 'CPU', text: '98 %', alarming: false },
    { name: 'steal', text: '0.4 %', alarming: false },
  ],
  colour: false,
  ...change,
});

describe('live chart', () => {
  it('is this picture of a collapse', () => {
    const run = state(
      [1900, 2000, 2000, 1950].map((goodput) => second(goodput)).concat([second(0, 125, 60)]),
    );
    expect(renderLive(run, 56)).toBe(
      [
        'https://example.com/                               5/8 s',
        '  2000 ┤⣤⣤⣤⣤⣤⣤⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣶⣶⣶⣶⣶⣶⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀',
        '       │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀',
        '       │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀',
        '       │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀',
        '  1000 ┤⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀',
        '       │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀',
        '       │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀',
        '       │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⠤⠤⠤⠤⠤⠤⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀',
        '      0              █ good  ⠉ attempts             8 s',
        'good 0/s   attempts 125/s   p50 none   p99 none         ',
        'errors 60 so far (0.8 %)   refused 59   TLS 1           ',
        '! conntrack 7,901 of 8,192   CPU 98 %   steal 0.4 %     ',
      ].join('\n'),
    );
  });

  it.each([40, 57, 80, 133])(
    'fits %d columns with the same number of lines from first to last',
    (columns) => {
      const pictures = [
        [],
        [second(5)],
        Array.from({ length: 8 }, (_, i) => second(10 ** (i % 6), 10 ** 6, i)),
      ];
      for (const seconds of pictures) {
        const lines = renderLive(state(seconds), columns).split('\n');
        expect(lines).toHaveLength(13);
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
      }
    },
  );

  it('tells the last second, all errors so far, and leaves out what has no room', () => {
    const picture = renderLive(state([second(90, 100, 10), second(0, 50, 20)]), 44);
    expect(picture).toContain('good 0/s   attempts 50/s   p50 none');
    expect(picture).toContain('errors 30 so far (25 %)   refused 28   TLS 2');
    expect(picture).toContain('! conntrack 7,901 of 8,192   CPU 98 %');
    expect(picture).not.toContain('steal');
  });

  it('wears colour only when asked to', () => {
    // oxlint-disable-next-line no-control-regex -- escape codes are what is looked for
    expect(renderLive(state([second(1)], { colour: true }), 80)).toMatch(/\u001B\[36m/);
    // oxlint-disable-next-line no-control-regex -- and here must not be there
    expect(renderLive(state([second(1)]), 80)).not.toMatch(/\u001B/);
  });
});

describe('braille canvas', () => {
  it('sets each of the eight dots of a character', () => {
    const canvas = new BrailleCanvas(1, 1);
    for (let y = 0; y < 4; y++) for (let x = 0; x < 2; x++) canvas.set(x, y);
    expect(canvas.lines()).toEqual(['⣿']);
  });

  it('ignores what lies outside', () => {
    const canvas = new BrailleCanvas(2, 1);
    canvas.set(-1, 0);
    canvas.set(4, 0);
    canvas.set(0, 4);
    canvas.bar(1, 2);
    expect(canvas.lines()).toEqual(['⢠⠀']);
  });
});
