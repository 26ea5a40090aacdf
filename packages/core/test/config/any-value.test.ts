// Whatever is written in the file, the loader gives a complete Config or a ConfigError whose places are in the file.
import * as fc from 'fast-check';
import { ConfigError, parseConfig, type Config } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { SITE } from './support.ts';

const KEYS =
  `listen https http admin workers trustedProxies logLevel requestLog mode to format limits body header
  timeouts keepAlive sites hosts tls certificate key routes path app upstream servers engine ca files directory redirect
  status respond headers firewall ssh port from extra stateDirectory __proto__ constructor toString`.split(
    /\s+/,
  );
const WORDS = 'on off auto 443 10s 10MB / /api/ * a.b self-signed acme ./x any'.split(' ');
const MARKS = '{ } [ ] &a *a ! | > " # --- ? % : - {$'.split(' ');

const { value } = fc.letrec<{ value: unknown; mapping: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...WORDS),
    fc.integer({ min: -1, max: 70_000 }),
    fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('mapping'),
  ),
  mapping: fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 5 })), tie('value'), {
    maxKeys: 5,
    noNullPrototype: true,
  }),
}));

/** A configuration that is right but for one section. */
const nearly = fc.tuple(fc.constantFrom(...KEYS), value).map(([key, inner]) => ({
  sites: [{ hosts: '*', routes: [{ path: '/', respond: {} }] }],
  [key]: inner,
}));

/** A configuration that is right but for one route. */
const nearlyRoute = fc.tuple(fc.constantFrom(...KEYS), value).map(([key, inner]) => ({
  sites: [{ hosts: '*', routes: [{ path: '/', [key]: inner }] }],
}));

function outcomeOf(text: string): Config | ConfigError {
  try {
    return parseConfig(text, { file: '/nowhere/t.yaml' }).config;
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

function expectSound(text: string): void {
  const outcome = outcomeOf(text);
  const problems = outcome instanceof ConfigError ? outcome.problems : [];
  expect(outcome instanceof ConfigError).toBe(problems.length > 0);
  const lengths = text.split('\n').map((line) => line.length);
  for (const { where, message } of problems) {
    const [, line, column] = /^\/nowhere\/t\.yaml:(\d+):(\d+)$/.exec(where) ?? [];
    const length = lengths[Number(line) - 1] ?? -1;
    expect({ where, inFile: Number(column) >= 1 && Number(column) <= length + 1 }).toEqual({
      where,
      inFile: true,
    });
    expect(message).toMatch(/^expected [^]*, got /);
  }
}

describe('any configuration', () => {
  it('that is a YAML or JSON value is accepted or refused with places in the file', () => {
    fc.assert(fc.property(value, (given) => expectSound(stringify(given, { aliasDuplicateObjects: false }))));
    fc.assert(fc.property(value, (given) => expectSound(JSON.stringify(given, undefined, 1))));
  });

  it('with one wrong section or route is accepted or refused with places in the file', () => {
    fc.assert(
      fc.property(fc.oneof(nearly, nearlyRoute), (given) => expectSound(stringify(given))),
      { numRuns: 500 },
    );
  });

  it('that is any text is accepted or refused with places in the file', () => {
    const mark = fc.constantFrom('\n', '\t', ' ', ': ', '- ', ...MARKS);
    const piece = fc.oneof(mark, fc.constantFrom(...KEYS, ...WORDS), fc.string());
    fc.assert(
      fc.property(fc.array(piece), (pieces) => expectSound(pieces.join(''))),
      { numRuns: 500 },
    );
  });

  it('with a line that YAML does not count is placed all the same', () => {
    expectSound('*a{$\n!]'); // the parser's own line counter puts this at 1:7
  });

  it('cut off anywhere is accepted or refused with places in the file', () => {
    const whole = `listen: { https: 443 }\nrequestLog: { mode: on }\n${SITE}\nlimits:\n  body: 1MB\n`;
    for (let at = 0; at <= whole.length; at++) expectSound(whole.slice(0, at));
  });
});
