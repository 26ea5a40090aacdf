// What is drawn from which figures: bars where the rung beneath ends, panels only of what was read, marks at their second.
import { describe, expect, it } from 'vitest';
import type { BreakdownResult, TimedRun } from '../../src/format/result.ts';
import { findingsOf } from '../../src/report/findings.ts';
import { html, json, raw } from '../../src/report/html/markup.ts';
import { marksOf, panelsOf } from '../../src/report/panels.ts';
import { fell, levelsOf, sank } from '../../src/report/steady.ts';
import { type Bar, barChart } from '../../src/report/svg/bars.ts';
import { linearScale } from '../../src/report/svg/scale.ts';
import { standaloneSvgs } from '../../src/report/svg/standalone.ts';
import { type Dot, stripChart } from '../../src/report/svg/strips.ts';
import { waterfalls } from '../../src/report/svg/waterfall.ts';
import { breakdownFixture, cliffFixture } from './fixture-results.ts';

const [collapsed, held] = cliffFixture.runs as readonly [TimedRun, TimedRun];
const bar: Bar = {
  label: 'a',
  detail: '',
  value: '',
  from: 0,
  to: 100,
  low: 90,
  high: 110,
  kind: 'hop',
  untold: false,
  after: null,
};
const draw = (bars: readonly Bar[]): string => barChart(bars, 'µs', 404, 'test').markup.text;

describe('bars', () => {
  it('stand on a common scale from zero', () => {
    const text = draw([bar, { ...bar, from: 100, to: 150, low: 140, high: 160, after: 0 }]);
    const rects = [...text.matchAll(/class="bar"\s+x="([\d.]+)"\s+y="\d+"\s+width="([\d.]+)"/g)].map(
      ([, x, width]) => [Number(x), Number(width)],
    );
    expect(rects).toEqual([
      [2, 200],
      [202, 100],
    ]);
    expect(text).toContain('class="connector" x1="202"');
  });

  it('have whiskers with an end where the interval ends, and without one where it leaves the chart', () => {
    expect(draw([bar])).toMatch(/class="whisker" d="M[\d.]+ 43H[\d.]+M[\d.]+ 39v8M[\d.]+ 39v8"/);
    expect(draw([{ ...bar, low: -Infinity, high: 1e9 }])).toContain('class="whisker" d="M2 43H402"');
  });

  it('leave at least two thirds of the chart to the costs, however wide an interval', () => {
    const [, ticks] = /text-anchor="end"\s+>([\d,]+)</.exec(draw([{ ...bar, high: 1e6 }])) ?? [];
    expect(Number(ticks)).toBeLessThanOrEqual(200);
  });
});

describe('strips', () => {
  const dot = (value: number, refused = false): Dot => ({ value, refused, note: 'block 1' });

  it('show kept readings filled, refused ones hollow, and a stray one at the edge', () => {
    const dots = [...Array.from({ length: 10 }, () => dot(10)), dot(9, true), dot(1000)];
    const text = stripChart([{ label: 'app', dots }], 'µs', 400, 'test').markup.text;
    expect(text.match(/class="dot"/g)).toHaveLength(10);
    expect(text.match(/class="refused"/g)).toHaveLength(1);
    expect(text).toMatch(/class="beyond"[^>]*>›<title>1,000: block 1</);
  });

  it('can be empty', () => {
    expect(stripChart([{ label: 'app', dots: [] }], 'µs', 400, 'test').markup.text).not.toMatch(
      /NaN|Infinity/,
    );
  });
});

describe('waterfall', () => {
  it('starts each layer where the rung it builds on ends, also where the ladder branches', () => {
    const chain = html`${waterfalls(breakdownFixture)[0]?.draw(804).markup ?? ''}`.text;
    const starts = [...chain.matchAll(/class="bar"\s+x="([\d.]+)"/g)].map(([, x]) => Number(x));
    // Bars: app, tls, hop in process, hop unix, hop TCP, …: both hops start from the front with the app inside.
    expect(starts[3]).toBe(starts[4]);
    expect(starts).toHaveLength(9);
  });

  it('keeps connection modes apart', () => {
    expect(waterfalls(breakdownFixture).map(({ mode }) => mode)).toEqual(['keepalive', 'new', 'shared']);
  });

  it('prints no figure beside a layer that is not distinguishable', () => {
    const text = waterfalls(breakdownFixture)[0]?.draw(804).markup.text ?? '';
    expect(text).toMatch(/request-log: file<\/text>\s*<text class="value"[^>]*>\s*~<\/text/);
  });
});

describe('scale', () => {
  it.each([
    [0, 148, [0, 20, 40, 60, 80, 100, 120, 140, 160]],
    [-3, 9, [-4, -2, 0, 2, 4, 6, 8, 10]],
    [0, 0.7, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]],
  ])('from %d to %d has round ticks', (low, high, ticks) => {
    const found = linearScale(low, high, 0, 1, 8).ticks;
    expect(found).toHaveLength(ticks.length);
    for (const [index, tick] of found.entries()) expect(tick).toBeCloseTo(ticks[index] ?? NaN, 9);
  });
});

describe('panels', () => {
  it('show what was read, and of the counters what moved', () => {
    expect(panelsOf(collapsed).map(({ title, series }) => [title, series.map(({ label }) => label)])).toEqual(
      [
        ['Requests per second', ['good', 'attempts', 'errors']],
        ['Failed attempts per second, by where they ended', ['connect time-out']],
        ['Connections tracked by the firewall', ['in the table', 'limit']],
        ['What was dropped, lost or sent again, per second', ['dropped: table full', 'SYNs sent again']],
        ["TCP sockets on the server's side", ['established', 'being opened or closed', 'TIME_WAIT']],
        ["CPU of the server's core", ['all', 'front', 'backend']],
        ['Latency of good answers', ['p50', 'p99']],
      ],
    );
    const calm = panelsOf(held).map(({ title }) => title);
    expect(calm).not.toContain('What was dropped, lost or sent again, per second');
    expect(calm).not.toContain("TCP sockets on the server's side");
  });

  it('show what journald threw away, and when the generator itself was held up', () => {
    const disturbed: TimedRun = {
      ...held,
      seconds: held.seconds.map((second) => ({
        ...second,
        suppressed: second.second === 3 ? 700 : 0,
        heldUpMs: { generator: second.second === 5 ? 80 : 2, sampler: 0 },
      })),
    };
    const labels = panelsOf(disturbed).flatMap(({ series }) => series.map(({ label }) => label));
    expect(labels).toContain('log lines journald threw away');
    expect(labels).toContain('generator itself held up');
  });

  it('leave out what could not be read', () => {
    const blind: TimedRun = {
      ...held,
      seconds: held.seconds.map((second) => ({
        ...second,
        conntrack: null,
        conntrackMax: null,
        cpuBusy: null,
        steal: null,
        foreign: null,
        processes: {},
        p50Ms: null,
        p99Ms: null,
      })),
    };
    expect(panelsOf(blind).map(({ title }) => title)).toEqual(['Requests per second']);
  });

  it('mark the collapse and its prediction, and nothing in a run that held', () => {
    expect(marksOf(collapsed).map(({ second, label }) => [second, label])).toEqual([
      [4.1, 'predicted'],
      [4, 'the connection table was full'],
    ]);
    expect(marksOf(held)).toEqual([]);
  });
});

describe('findings', () => {
  const run = (goodput: readonly number[]): TimedRun => ({ ...held, goodput });

  it('tell a collapse from a decline from a level', () => {
    const judged = [
      [900, 1000, 1000, 990, 20, 10, 0, 0],
      [900, 1000, 1000, 990, 600, 500, 500, 500],
      [900, 1000, 1000, 990, 950, 960, 900, 940],
    ].map((goodput) => [fell(run(goodput)), sank(run(goodput))]);
    expect(judged).toEqual([
      [true, false],
      [false, true],
      [false, false],
    ]);
    expect(levelsOf(run([]))).toEqual({ best: 0, last: 0 });
  });

  it('say so when no layer stands out', () => {
    const silent: BreakdownResult = {
      ...breakdownFixture,
      layers: breakdownFixture.layers.map((layer) => ({ ...layer, distinguishable: false })),
    };
    expect(findingsOf(silent)[0]).toBe('No layer stands out of the noise of this machine.');
  });
});

describe('files of their own', () => {
  it('carry their colours and ask for nothing from elsewhere', () => {
    const files = [...standaloneSvgs(breakdownFixture), ...standaloneSvgs(cliffFixture)];
    expect(files.map(({ file }) => file)).toEqual([
      'breakdown-keepalive.svg',
      'breakdown-new.svg',
      'breakdown-shared.svg',
      'cliff-stateful.svg',
      'cliff-notrack.svg',
    ]);
    for (const { text } of files) {
      expect(text).toMatch(/^<svg\s/);
      expect(text).toContain('prefers-color-scheme: dark');
      expect(text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\((?!#)/);
    }
  });
});

describe('markup', () => {
  it('escapes whatever is put in, and keeps a figure with its unit', () => {
    expect(html`<p title="${'"><b>'}">${'a & b'} ${raw('<i>')} ${'12 µs'}</p>`.text).toBe(
      '<p title="&quot;&gt;&lt;b&gt;">a &amp; b <i> 12\u00A0µs</p>',
    );
  });

  it('lets no data close its script', () => {
    expect(json({ name: '</script>' }).text).toBe(String.raw`{"name":"\u003c/script>"}`);
  });
});
