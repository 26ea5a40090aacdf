import { describe, expect, it } from 'vitest';
import { expose } from '../../../src/serve/metrics/exposition.ts';
import { counter, gauge } from '../../../src/serve/metrics/family.ts';
import { histogram } from '../../../src/serve/metrics/histogram.ts';
import { Histogram } from '@tollgate/proxy';

const OPEN = 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5';

describe('the text of metrics', () => {
  it('is the text format 0.0.4 for a person and for whoever does not ask', () => {
    const { contentType, text } = expose([counter('tollgate_things', 'Things.', 3)], '*/*');
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toBe(
      '# HELP tollgate_things_total Things.\n# TYPE tollgate_things_total counter\ntollgate_things_total 3\n',
    );
  });

  it('is OpenMetrics for whoever asks for it: a family without _total, and an end', () => {
    const { contentType, text } = expose([counter('tollgate_things', 'Things.', 3)], OPEN);
    expect(contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(text).toBe(
      '# HELP tollgate_things Things.\n# TYPE tollgate_things counter\ntollgate_things_total 3\n# EOF\n',
    );
  });

  it('escapes what a label must not hold as it is', () => {
    const family = gauge('tollgate_thing', 'A thing.', [{ labels: { name: 'a"b\\c\nd' }, value: 1 }]);
    expect(expose([family], undefined).text).toContain('tollgate_thing{name="a\\"b\\\\c\\nd"} 1\n');
  });

  it('writes a histogram cumulatively, in seconds, and ends it with its sum and count', () => {
    const durations = new Histogram();
    for (const ms of [0.5, 3, 3, 20_000]) durations.observe(ms);
    const family = histogram('tollgate_seconds', 'Times.', [
      { labels: { route: '/' }, figures: durations.figures() },
    ]);
    const lines = expose([family], undefined).text.split('\n').slice(2);
    expect(lines.slice(0, 4)).toEqual([
      'tollgate_seconds_bucket{route="/",le="0.0005"} 1',
      'tollgate_seconds_bucket{route="/",le="0.001"} 1',
      'tollgate_seconds_bucket{route="/",le="0.0025"} 1',
      'tollgate_seconds_bucket{route="/",le="0.005"} 3',
    ]);
    expect(lines.slice(13)).toEqual([
      'tollgate_seconds_bucket{route="/",le="10"} 3',
      'tollgate_seconds_bucket{route="/",le="+Inf"} 4',
      'tollgate_seconds_sum{route="/"} 20.0065',
      'tollgate_seconds_count{route="/"} 4',
      '',
    ]);
  });
});
